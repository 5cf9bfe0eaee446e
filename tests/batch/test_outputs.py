"""The folder of a job: what is done and what is not, whatever happens."""

import json
import subprocess

import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.batch import Job, outputs, read_features, tables, worker

NAMES = [f"sounds/{number}.wav" for number in range(1000)]


def test_units_are_equally_large_and_hold_every_name_once():
    units = outputs.cut(NAMES, outputs.bounds_of(NAMES, 30))
    assert sorted(name for names in units.values() for name in names) == sorted(NAMES)
    assert {len(names) for names in units.values()} <= {30, 1000 % 30}


def test_a_name_stays_in_its_unit_when_others_come():
    bounds = outputs.bounds_of(NAMES[:500], 30)
    before, after = (outputs.cut(names, bounds) for names in (NAMES[:500], NAMES))
    for number, names in before.items():
        assert set(names) <= set(after[number])


def test_what_was_half_written_goes_and_all_else_stays(tmp_path):
    folder = outputs.Folder(tmp_path / "out")
    with folder.held({"a": 1}, []):
        pass
    mark = "89abcdef-1234567-01234567"
    left = [f".a.wav.{mark}.tmp.wav", f"deep/.b.{mark}.tmp.jsonl", f".work/.c.json.{mark}.tmp.json"]
    kept = ["whole.wav", "deep/.hidden.wav", "long.wav.part/state.json"]
    for name in (*left, *kept):
        path = tmp_path / "out" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    with folder.held({"a": 1}, []):
        assert [name for name in left if (tmp_path / "out" / name).exists()] == []
        assert [name for name in kept if not (tmp_path / "out" / name).exists()] == []


def test_a_folder_is_of_one_job_and_of_one_run_at_a_time(tmp_path):
    folder = outputs.Folder(tmp_path / "out")
    with folder.held({"model": "a"}, [5]) as bounds:
        assert bounds == [5]
        with (
            pytest.raises(InputError, match="Another process writes"),
            folder.held({"model": "a"}, []),
        ):
            pass
    with folder.held({"model": "a"}, [7]) as bounds:
        assert bounds == [5]
    with (
        pytest.raises(InputError, match="its model is 'a', not 'b'"),
        folder.held({"model": "b"}, []),
    ):
        pass
    (tmp_path / "out" / "job.json").write_text("")
    with (
        pytest.raises(InputError, match="job.json is damaged .* Choose another folder"),
        folder.held({"model": "a"}, []),
    ):
        pass
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "thesis.txt").write_text("years")
    with pytest.raises(InputError, match="something else"):
        outputs.Folder(tmp_path / "else").held({}, []).__enter__()


def test_the_list_of_failures_holds_what_is_not_done_with_its_latest_reason(tmp_path):
    folder = outputs.Folder(tmp_path)
    rows = [{"file": name, "reason": "old"} for name in ("a", "b", "c")]
    outputs.write_lines(folder.failed, rows)
    (folder.work / "done").mkdir(parents=True)
    folder.record(3, 2, [{"file": "b", "reason": "new"}, {"file": "d", "reason": "new"}])
    assert folder.list_failed({"a"}.__contains__) == 3
    found = {row["file"]: row["reason"] for row in tables.read_lines(folder.failed)}
    assert found == {"b": "new", "c": "old", "d": "new"}


def test_parts_are_read_back(tmp_path, rng):
    rows = [{"file": f"{i}.wav", "features": rng.normal(size=4).astype("float32")} for i in (2, 1)]
    tables.write_arrays(tables.part_path(tmp_path, 1, ".npz"), rows)
    assert tables.names_in(tmp_path, "embed") == {"1.wav", "2.wav"}
    (names, features), *more = read_features(tmp_path)
    assert names == ["2.wav", "1.wav"]
    assert not more
    np.testing.assert_array_equal(features, [row["features"] for row in rows])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"task": "paint"}, "one of dream, classify, embed. Received: 'paint'"),
        ({"task": "embed", "top": 3}, "`top` is no setting of the task embed"),
        ({"task": "classify", "settings": {"steps": 2}}, "`settings` is no setting of"),
    ],
)
def test_a_job_takes_what_is_of_its_task(arguments, message):
    with pytest.raises(InputError, match=message):
        Job(**arguments)


def test_a_worker_of_a_run_that_is_over_ends(tmp_path):
    folder = outputs.Folder(tmp_path)
    folder.work.mkdir()
    plan = {"run": folder.begin(), "launcher": None}
    worker._check_wanted(folder, plan)
    gone = subprocess.Popen(["true"])
    gone.wait()
    with pytest.raises(InputError, match="has ended"):
        worker._check_wanted(folder, {**plan, "launcher": gone.pid})
    folder.begin()
    with pytest.raises(InputError, match="Another run"):
        worker._check_wanted(folder, plan)


def test_a_job_is_told_by_the_files_it_names(tmp_path):
    path = tmp_path / "model.keras"
    found = []
    for content in ("one", "one", "two"):
        path.write_text(content)
        found.append(json.dumps(Job("embed", str(path)).identity()))
    assert found[0] == found[1] != found[2]


def test_a_disk_that_takes_no_file_is_told_from_a_bad_file(tmp_path):
    worker.check_disk(tmp_path)
    assert not list(tmp_path.iterdir())
    with pytest.raises(InputError, match="takes no files: No such file"):
        worker.check_disk(tmp_path / "missing")
