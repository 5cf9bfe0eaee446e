"""What a data set holds is measured, summed up and drawn."""

import json
import re
import shutil

import numpy as np
import pytest
import soundfile
from datasets.small_urban import write_table
from made_clips import as_esc50
from made_faults import melody, write
from PIL import Image

from keras_sounddream import InputError
from keras_sounddream.cli.main import main
from keras_sounddream.datasets.inspection.measures import measure_file, measure_samples
from keras_sounddream.datasets.inspection.summary import measure_folder, sum_up
from tfds_builders.esc50 import esc50_dataset_builder as esc50


def longest_runs_by_loop(full):
    """How many values are in runs of three or more, counted one after the other."""
    count = run = 0
    for value in [*full, False]:
        count, run = (count, run + 1) if value else (count + (run if run >= 3 else 0), 0)
    return count


def test_measures_are_those_of_their_definitions(tmp_path, rng):
    rate = 8000
    samples = np.clip(rng.normal(0, 0.8, 3 * rate), -1, 32767 / 32768)
    samples[4000:12000] *= 1e-4
    samples[79995 // 5 : 79995 // 5 + 8] = -1
    soundfile.write(tmp_path / "a.wav", samples, rate)
    found, decoded = measure_file(tmp_path / "a.wav"), soundfile.read(tmp_path / "a.wav")[0]
    frames = np.sqrt(np.mean(decoded.reshape(-1, 160) ** 2, axis=1))
    assert found.clipped == longest_runs_by_loop(np.abs(decoded) >= 0.999) / len(decoded)
    assert found.clipped > 0.001
    assert found.silent == pytest.approx(np.mean(frames < 1e-3))
    assert found.level_db == pytest.approx(20 * np.log10(decoded.std()), abs=0.01)
    assert (found.peak_db, found.seconds, found.sample_rate) == (0, 3, rate)
    assert (found.channels, found.coding) == (1, "WAV PCM_16")


def test_runs_are_counted_over_blocks_and_channel_by_channel(tmp_path):
    rate = 8000  # a block is 80000 samples
    samples = np.zeros((2 * 80000, 2))
    samples[79990:80010, 0] = samples[79999:80001, 1] = -1
    soundfile.write(tmp_path / "a.wav", samples, rate)
    assert measure_file(tmp_path / "a.wav").clipped == 20 / samples.size


def test_a_sound_that_is_loud_in_one_channel_is_not_silent():
    samples = np.zeros((8000, 2), "float32")
    samples[:4000, 1] = 0.1
    assert measure_samples(samples, 8000).silent == 0.5


@pytest.mark.parametrize("samples", [np.zeros((0, 1)), np.full((10, 1), np.nan)])
def test_what_cannot_be_measured_is_refused(samples):
    with pytest.raises(InputError, match=r"no samples|not finite"):
        measure_samples(samples, 8000)


def test_a_summary_counts_classes_parts_and_lengths(tmp_path):
    measures, labels, left_out = measure_folder(as_esc50(tmp_path), progress=False)
    summary = sum_up(measures, labels, left_out)
    assert summary["conditions"]["class"] == {
        name: {"sounds": 3, "seconds": 1.5} for name in ("high_sound", "low_sound", "noise_sound")
    }
    assert {part: each["sounds"] for part, each in summary["conditions"]["part"].items()} == {
        "1": 3, "2": 3, "3": 3,
    }  # fmt: skip
    assert (summary["sounds"], summary["seconds"]) == (9, 4.5)
    assert summary["sample_rates"] == {"16000": 9}
    assert summary["levels"]["clipped"] == summary["levels"]["silent"] == 0
    quick = sum_up(*measure_folder(tmp_path, quick=True, progress=False))
    assert quick == summary | {"levels": None}


def test_a_table_without_sounds_is_summed_up_too(tmp_path):
    lengths = (4.0, 4.0, 2.0, 0.5)
    write_table(
        tmp_path,
        [(f"{i}-3-0-0.wav", i, 1, 1 + s, 1, i + 1, 3, "dog_bark") for i, s in enumerate(lengths)],
    )
    summary = sum_up(*measure_folder(tmp_path, progress=False))
    assert summary["conditions"]["class"] == {"dog_bark": {"sounds": 4, "seconds": 10.5}}
    assert summary["lengths"]["histogram"]["sounds"] == [1, 0, 0, 1, 0, 0, 0, 2]
    assert summary["levels"] is None


def test_a_data_set_of_tfds_is_summed_up(tmp_path, capsys):
    command = ["esc50/esc10", "--data-dir", str(tmp_path / "tfds")]
    assert main(["data", "summary", *command]) == 2
    assert "Build it first: sounddream data build esc50/esc10." in capsys.readouterr().err
    (tmp_path / "mine").mkdir()
    shutil.copytree(
        esc50.Builder.code_path.parent / "dummy_data" / "esc10", tmp_path / "mine" / "ESC-10"
    )
    broken = next((tmp_path / "mine" / "ESC-10").glob("001*/*.ogg"))
    broken.write_text("no sound")
    assert main(["data", "build", *command, "--manual-dir", str(tmp_path / "mine")]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("esc50/esc10/1.0.0: fold1 ")
    assert f"left out: Cannot read {broken}" in said.err
    assert main(["data", "build", *command]) == 0
    assert main(["data", "summary", *command]) == 0
    said = capsys.readouterr().out
    assert "in all: 9 sounds" in said
    assert "fold3" in said
    assert "rooster" in said.lower()


NOT_BUILT = {
    "no such name": ("esc5o", "it has esc50"),
    "nothing like it": ("xqzzy", "none has a name like it"),
    "no such config": ("esc50/esc11", "esc50 has the configs esc50, esc10."),
    "no such version": ("esc50:9.0.0", "cannot be loaded at version 9.0.0, only: 1.0.0"),
    "no folder": ("esc50 --manual-dir nowhere", "there is no folder nowhere"),
    "no data": ("esc50 --manual-dir .", "Expected ESC-50 .*: sounddream data build esc50/esc50"),
    "no room": (
        "esc50 --manual-dir {esc} --data-dir file/in",
        "Cannot write file/in/esc50.*Not a d",
    ),
    "no source": ("natural_dreams/esc10", "first: sounddream data build esc50/esc10"),
}


@pytest.mark.parametrize("case", NOT_BUILT)
def test_what_cannot_be_built_is_said_in_a_line(case, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    call, message = NOT_BUILT[case]
    dummy = str(esc50.Builder.code_path.parent / "dummy_data")
    call = ["--data-dir", "tfds", *call.replace("{esc}", dummy).split()]
    assert main(["data", "build", *call]) == 2
    assert re.search(message, capsys.readouterr().err.splitlines()[-1])


def test_the_command_writes_a_table_json_and_a_picture(tmp_path, rng, capsys):
    for name in ("train/a/1.wav", "train/b/2.wav", "test/a/3.wav"):
        write(tmp_path / "sounds" / name, melody(rng, 1.0))
    (tmp_path / "sounds" / "test" / "bad.wav").write_text("no sound")
    files = ["-o", str(tmp_path / "a.png"), "--json", str(tmp_path / "a.json")]
    assert main(["data", "summary", str(tmp_path / "sounds"), *files]) == 0
    said = capsys.readouterr()
    assert "in all: 3 sounds, 3.0 s" in said.out
    assert "sample rates: 16000 Hz (3)" in said.out
    assert "left out: " in said.err
    content = json.loads((tmp_path / "a.json").read_text())
    assert content["conditions"]["part"]["train"]["sounds"] == 2
    assert len(content["left_out"]) == 1
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width == 990
