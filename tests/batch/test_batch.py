"""Many files: each is done once, or listed with its reason, however often a job is run."""

import importlib.util
import json
import os
import sys
import threading
import time

import keras
import numpy as np
import pytest
import soundfile

from keras_sounddream import InputError, leftovers
from keras_sounddream.applications.classify import classify_file
from keras_sounddream.batch import Job, pipeline, read_features, read_scores, run, worker
from keras_sounddream.cli.main import main
from keras_sounddream.locks import locked

RATE = 24000
MOST_PROCESSES = 2**22  # of Linux: no process has a greater number
WITH_BEAM = importlib.util.find_spec("apache_beam") is not None
GOOD = {"a.wav", "b.wav", "deep/c.flac", "deep/d.wav", "e.wav"}
BAD = {"text.wav": "Cannot read", "empty.wav": "empty"}
DREAM = {"layers": ("conv1",), "settings": {"octaves": 1, "steps": 2}}


@pytest.fixture
def hand_out(monkeypatch):
    """Units in this process, one after the other, without Beam; tells which files were handed."""
    handed = []

    def run_units(plan, folder, numbers, *rest):
        for number in numbers:
            handed.extend(name for name, _ in folder.read_list(number))
            worker.do_unit(plan, number)

    monkeypatch.setattr(pipeline, "check_beam", lambda: None)
    monkeypatch.setattr(pipeline, "run_units", run_units)
    return handed


@pytest.fixture
def sounds(tmp_path, rng):
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    for number, name in enumerate(sorted(GOOD)):
        length = RATE // 4 + 1000 * (number // 2)  # two of one length, two of another
        soundfile.write(folder / name, rng.normal(0, 0.1, length), RATE)
    (folder / "text.wav").write_text("no sound")
    (folder / "empty.wav").write_text("")
    return folder


@pytest.fixture(scope="module")
def model_path(small_model, tmp_path_factory):
    """A classifier of three classes on the small network."""
    keras.utils.set_random_seed(1)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(small_model.output)
    x = keras.layers.Dense(3, activation="softmax", name="top")(x)
    path = tmp_path_factory.mktemp("model") / "small.keras"
    keras.Model(small_model.inputs, x, name="small_classifier").save(path)
    return str(path)


def times(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.wav")}


def failures(folder):
    return {row["file"]: row["reason"] for row in map(json.loads, (folder / "failed.jsonl").open())}


def test_every_file_is_dreamed_once_or_listed(sounds, tmp_path, model_path, hand_out):
    job, out = Job("dream", model_path, **DREAM), tmp_path / "out"
    found = run(job, f"{sounds}/**/*.*", out)
    assert (found.done, found.skipped, found.failed) == (5, 0, 2)
    assert {os.path.relpath(path, out) for path in times(out)} == {
        name.replace(".flac", ".flac.wav") for name in GOOD
    }
    said = failures(out)
    assert said.keys() == BAD.keys()
    assert all(BAD[name] in reason for name, reason in said.items())
    # again: nothing is made twice, and what failed is tried
    before = times(out)
    (sounds / "text.wav").write_bytes((sounds / "a.wav").read_bytes())
    hand_out.clear()
    found = run(job, f"{sounds}/**/*.*", out)
    assert (found.done, found.skipped, found.failed) == (1, 5, 1)
    assert sorted(hand_out) == sorted(BAD)
    assert before.items() <= times(out).items()
    assert failures(out).keys() == {"empty.wav"}
    with pytest.raises(InputError, match="its inputs is"):
        run(job, f"{sounds}/deep/*", out)


def test_scores_are_those_of_classify(sounds, tmp_path, model_path, hand_out):
    job, out = Job("classify", model_path, top=2), tmp_path / "out"
    (sounds / "e.wav").rename(tmp_path / "e.wav")
    assert run(job, str(sounds), out, workers=2).done == 4
    (tmp_path / "e.wav").rename(sounds / "e.wav")
    assert run(job, str(sounds), out).done == 1
    rows = list(read_scores(out))
    assert sorted(row["file"] for row in rows) == sorted(GOOD)
    model = keras.models.load_model(model_path)
    for row in rows:
        for score, (_, label, wanted) in zip(
            row["scores"], classify_file(model, sounds / row["file"], 2), strict=True
        ):
            assert score["label"] == label
            assert score["score"] == pytest.approx(wanted, abs=1e-5)


def test_features_are_the_layers_mean(sounds, tmp_path, model_path, small_model, hand_out):
    out = tmp_path / "out"
    assert run(Job("embed", model_path, layer="conv2"), str(sounds), out).done == 5
    found = {name: row for part in read_features(out) for name, row in zip(*part, strict=True)}
    assert found.keys() == GOOD
    for name, features in found.items():
        waveform = soundfile.read(sounds / name, dtype="float32")[0][None]
        wanted = small_model.predict(waveform, verbose=0).mean(axis=(0, 1, 2))
        np.testing.assert_allclose(features, wanted, atol=1e-5)


def test_a_full_disk_ends_the_job_and_the_next_run_goes_on(
    sounds, tmp_path, model_path, hand_out, monkeypatch
):
    job, out = Job("dream", model_path, **DREAM), tmp_path / "out"
    write, check, tried = soundfile.write, worker.check_disk, []

    def fill(*arguments, **options):
        tried.append(arguments)
        if len(tried) > 1:
            raise AssertionError("0 of 6000 samples")  # what soundfile says of a full disk
        write(*arguments, **options)

    def refuse(folder):
        if len(tried) > 1:
            raise InputError(f"{folder} takes no files: No space left on device. Make room.")
        check(folder)

    with monkeypatch.context() as full:
        full.setattr(soundfile, "write", fill)
        full.setattr(worker, "check_disk", refuse)
        with pytest.raises(InputError, match="No space left"):
            run(job, f"{sounds}/*.wav", out)
    assert len(times(out)) == 1
    assert run(job, f"{sounds}/*.wav", out).failed == len(BAD)
    assert len(times(out)) == 3


def test_a_killed_unit_is_taken_up_where_it_was(sounds, tmp_path, model_path, hand_out):
    job, out = Job("dream", model_path, **DREAM), tmp_path / "out"
    for name in BAD:
        (sounds / name).unlink()
    run(job, str(sounds), out)
    whole = soundfile.read(out / "a.wav")[0]
    (out / "a.wav").unlink()
    unfinished = leftovers.temporary_name(out / "a.wav", suffix=".wav").name
    unfinished = unfinished.replace(f"-{os.getpid()}-", f"-{MOST_PROCESSES}-")  # of none that is
    (out / unfinished).write_bytes(b"half of it")
    before = times(out)
    assert run(job, str(sounds), out).done == 1
    np.testing.assert_allclose(soundfile.read(out / "a.wav")[0], whole, atol=0.01)
    assert before.items() - times(out).items() == {
        (path, time) for path, time in before.items() if path.name.startswith(".")
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dream", "--input", "none/*.wav", "-o", "out"], "none is called none/*.wav"),
        (["embed", "--input", "in", "-o", "out", "--model", "x.keras"], "no such file"),
        (["dream", "--input", "in", "-o", "out", "--suffix", ".txt"], "No sound format"),
        (["classify", "--input", "in", "-o", "out", "--runner", "Slurm"], "'--runner'"),
    ],
)
def test_bad_input_is_one_line(sounds, monkeypatch, capsys, hand_out, arguments, message):
    monkeypatch.chdir(sounds.parent)
    assert main(["batch", *arguments]) == 2
    said = [x for x in capsys.readouterr().err.splitlines() if x.startswith("sounddream: ")]
    assert len(said) == 1
    assert message in said[0]


def test_a_folder_that_links_lead_to_is_looked_through_once(sounds, tmp_path):
    (sounds / "deep" / "round").symlink_to(sounds)
    (sounds / "again").symlink_to(sounds / "deep")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "f.wav").touch()
    (sounds / "outside").symlink_to(tmp_path / "elsewhere")
    (sounds / ".hidden").mkdir()
    (sounds / ".hidden" / "g.wav").touch()
    for pattern in (str(sounds), f"{sounds}/**", f"{sounds}/**/**/*.*"):
        found = pipeline.find_files(pattern, str(tmp_path / "out"))
        assert found.keys() == {*GOOD, *BAD, "outside/f.wav"}


def test_an_interrupted_unit_ends_and_leaves_no_lock(sounds, tmp_path, monkeypatch):
    """The unit of a thread, as Beam runs them, in the middle of a file when the command ends."""
    at_it = threading.Event()

    class Endless:
        def do(self, number, files, go_on):
            with locked(tmp_path / "out.wav", "dream"):
                at_it.set()
                while True:
                    time.sleep(0.01)
                    yield from ()

    folder = type("Folder", (), {"runs": lambda *_: True, "read_list": lambda *_: []})
    monkeypatch.setattr(worker, "_prepare", lambda plan: (Endless(), folder()))
    monkeypatch.setattr(worker, "_ONE_AT_A_TIME", threading.Lock())
    ended = []

    def work():
        try:
            worker.do_unit(json.dumps({"run": "a", "launcher": 0}), 0)
        except KeyboardInterrupt:
            ended.append(True)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    at_it.wait()
    worker.interrupt(10)
    thread.join(10)
    assert ended == [True]
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert not worker._ONE_AT_A_TIME.locked()  # another job of this process may begin
    assert not worker._at_work


@pytest.mark.skipif(WITH_BEAM, reason="apache-beam is there")
def test_without_beam_there_is_a_line_that_says_so(sounds, tmp_path):
    with pytest.raises(InputError, match="Install it"):
        run(Job("classify"), str(sounds), tmp_path / "out")


PORTABLE = ["--runner", "PortableRunner", "--", "--job_endpoint=embed"]  # a server of Beam's own


@pytest.mark.skipif(not WITH_BEAM, reason="needs the extra beam")
@pytest.mark.parametrize("runner", [[], [*PORTABLE, "--environment_type=LOOPBACK"]])
def test_beam_does_what_one_process_does(runner, sounds, tmp_path, model_path, capsys):
    arguments = ["--model", model_path, "--layer", "conv1", "--octaves", "1", "--steps", "2"]
    arguments += runner
    for _ in range(2):
        paths = ["--input", str(sounds), "-o", str(tmp_path / "out")]
        assert main(["batch", "dream", *paths, *arguments]) == 0
    said = capsys.readouterr().out
    assert "5 done, 0 done before, 2 failed" in said
    assert "0 done, 5 done before, 2 failed" in said


def test_what_workers_print_is_held_back_and_the_bar_is_shown(monkeypatch, tmp_path, capfd):
    def run(*job, **how):
        os.write(2, b"INFO: a worker starts")
        print("100%", file=sys.stderr)
        return pipeline.Summary(1, 0, 0, 1.0)

    monkeypatch.setattr("keras_sounddream.cli.commands.batch.run", run)
    assert main(["batch", "embed", "--input", "in", "-o", "out"]) == 0
    assert capfd.readouterr() == ("out: 1 done, 0 done before, 0 failed, 1 s\n", "100%\n")
