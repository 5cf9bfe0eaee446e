"""Faults that were made are found, and nothing else."""

import json
import os
import struct
import sys

import numpy as np
import pytest
from datasets.small_urban import write_table
from made_clips import as_esc50
from made_faults import RATE, faulty_folder, melody, odd_folder, write

from keras_sounddream import InputError
from keras_sounddream.cli.main import main
from keras_sounddream.datasets.inspection import checks, measures
from keras_sounddream.datasets.inspection.checks import KINDS, check
from keras_sounddream.datasets.inspection.fingerprints import (
    STEP_SECONDS,
    find_matches,
    fingerprint,
)
from keras_sounddream.datasets.inspection.summary import measure_folder


def found(report):
    return {(each.kind, tuple(sorted(each.files))) for each in report.findings}


def test_each_fault_is_found_and_nothing_else(tmp_path, rng):
    expected = faulty_folder(tmp_path, rng)
    report = check(tmp_path, progress=False)
    assert found(report) == expected
    assert report.sounds == 11
    assert [each.kind for each in report.findings] == sorted(
        (kind for kind, _ in expected), key=KINDS.index
    )
    only = check(tmp_path, ["silent", "same_bytes"], progress=False)
    assert found(only) == {each for each in expected if each[0] in ("silent", "same_bytes")}


def test_files_at_which_readers_stop_are_read_or_named(tmp_path, rng, recwarn):
    expected = odd_folder(tmp_path, rng)
    report = check(tmp_path, progress=False)
    assert found(report) == expected
    assert report.sounds == 9
    assert not recwarn.list
    reasons = {each.files[0]: each.reason for each in report.findings}
    assert "2 sounds, one after another" in reasons["chained.ogg"]
    assert "1998 bytes behind its stated end" in reasons["behind.wav"]
    assert "says 1 Hz" in reasons["slow.wav"]
    assert "divide by the largest value of their type" in reasons["integers.wav"]
    measured, _, left_out = measure_folder(tmp_path, progress=False)
    assert (len(measured), len(left_out)) == (7, 2)


@pytest.mark.parametrize("error", [MemoryError(), struct.error("short"), RuntimeError("a\nb")])
def test_whatever_a_file_causes_is_its_own_finding(error, tmp_path, rng, monkeypatch):
    for name in ("a.wav", "b.wav"):
        write(tmp_path / name, melody(rng, 0.5))

    def fail_at_a(module, name):
        plain = getattr(module, name)

        def failing(path, *options):
            if path.name == "a.wav":
                raise error
            return plain(path, *options)

        monkeypatch.setattr(module, name, failing)

    fail_at_a(checks, "fingerprint_file")
    assert check(tmp_path, progress=False).findings == ()
    fail_at_a(measures, "measure_file")
    (finding,) = check(tmp_path, progress=False).findings
    assert (finding.kind, finding.files) == ("broken", ("a.wav",))
    assert finding.reason.startswith("Cannot read ")
    assert "\n" not in finding.reason


def test_one_recording_in_two_folds_leaks_by_its_name(tmp_path, rng):
    for name in ("1-77-A.ogg", "1-77-B.ogg", "2-77-C.ogg", "2-8-A.ogg", "3-9-A.ogg"):
        write(tmp_path / "001 - Dog bark" / name, melody(rng, 1.0))
    leaks = check(tmp_path, progress=False).findings
    expected = {f"001 - Dog bark/{name}" for name in ("1-77-A.ogg", "1-77-B.ogg", "2-77-C.ogg")}
    assert [(each.kind, set(each.files)) for each in leaks] == [("leak", expected)]
    assert leaks[0].reason == "Recording 77 is in the parts 1, 2."


def test_tables_tell_of_leaks_and_of_files_that_are_missing(tmp_path, rng):
    rows = [(f"{fold}0-{fold}-0-0.wav", recording, 0, 1, 1, fold, 3, "dog_bark")
            for fold, recording in ((1, 7), (2, 7), (3, 8))]  # fmt: skip
    write_table(tmp_path, rows)
    assert found(check(tmp_path, progress=False)) == {("leak", ("10-1-0-0.wav", "20-2-0-0.wav"))}
    for fold in (1, 2):
        write(tmp_path / "audio" / f"fold{fold}" / f"{fold}0-{fold}-0-0.wav", melody(rng, 1.0))
    assert found(check(tmp_path, progress=False)) == {
        ("missing", ("30-3-0-0.wav",)),
        ("leak", ("audio/fold1/10-1-0-0.wav", "audio/fold2/20-2-0-0.wav")),
    }


def test_the_folds_of_esc50_are_those_of_its_table(tmp_path):
    table = as_esc50(tmp_path) / "meta" / "esc50.csv"
    lines = table.read_text().splitlines()
    recordings = ["src_file", *"ababababa"]
    table.write_text("\n".join(f"{x},{y}" for x, y in zip(lines, recordings, strict=True)))
    leaks = check(tmp_path, ["leak"], progress=False).findings
    assert {each.reason for each in leaks} >= {
        f"Recording {name} is in the parts 1, 2, 3." for name in "ab"
    }


@pytest.mark.parametrize("shift", [0, 5000, -5000])
def test_a_fingerprint_says_which_part_is_alike(rng, shift):
    long = melody(rng, 4.0, 8000)
    part = long[8000 + shift : 24000 + shift]
    prints = [fingerprint(sound) for sound in (long, melody(rng, 4.0, 8000), 0.1 * part)]
    (match,) = find_matches(prints)
    assert (match.first, match.second, match.same) == (0, 2, False)
    assert match.seconds == pytest.approx(2.0, abs=0.2)
    assert match.shift_seconds == pytest.approx((8000 + shift) / 8000, abs=STEP_SECONDS)
    assert find_matches(prints[:2]) == []


def test_silence_is_like_nothing(rng):
    assert find_matches([fingerprint(np.zeros(8000)) for _ in range(3)]) == []
    click = np.zeros(8000)
    click[100] = 0.5
    assert find_matches([fingerprint(np.zeros(8000)), fingerprint(click)]) == []


def test_recordings_that_are_in_several_encodings_are_one_sound(media):
    (same,) = check(media / "derived", progress=False).findings
    assert same.kind == "same_sound"
    assert len(same.files) == 16


def test_the_command_ends_with_1_if_it_finds_something(tmp_path, rng, capsys):
    faults = faulty_folder(tmp_path / "sounds", rng)
    path = tmp_path / "found.json"
    assert main(["data", "check", str(tmp_path / "sounds"), "--json", str(path)]) == 1
    said = capsys.readouterr().out
    assert "silent: train/bad/silent.wav: Its peak is -inf dB." in said
    assert said.splitlines()[-1] == f"11 sounds checked, {len(faults)} findings"
    content = json.loads(path.read_text())
    assert {(each["kind"], tuple(sorted(each["files"]))) for each in content["findings"]} == faults
    assert main(["data", "check", str(tmp_path / "sounds" / "train" / "good")]) == 0
    assert main(["data", "check", str(tmp_path / "sounds"), "--only", "missing"]) == 0
    assert main(["data", "check", str(tmp_path / "nowhere")]) == 2
    with pytest.raises(InputError, match="Expected kinds of broken, .* Received: loud"):
        check(tmp_path, ["loud"])


def test_a_sound_that_is_clipped_a_little_passes(tmp_path, rng):
    sound = melody(rng, 1.0)
    sound[100:110] = 1 - 1 / 32768
    write(tmp_path / "a.wav", sound)
    assert not check(tmp_path, progress=False).findings
    (finding,) = check(tmp_path, clipped_share=9 / RATE, progress=False).findings
    assert finding.kind == "clipped"


TABLES = {
    "begin": ("slice_file_name,class,fold,start,end\na.wav,siren,1,x,2", "in line 2 .*'x' and '2'"),
    "short": ("slice_file_name,class,fold\na.wav,siren,1\nb.wav", "Line 3 of .* is too short"),
    "no fold": ("slice_file_name,class\na.wav,siren", "Expected the columns fold"),
}


@pytest.mark.parametrize("case", TABLES)
def test_a_malformed_table_is_named(tmp_path, case):
    (tmp_path / "UrbanSound8K.csv").write_text(TABLES[case][0])
    with pytest.raises(InputError, match=TABLES[case][1]):
        check(tmp_path, progress=False)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are text")
def test_files_whose_names_are_no_text_are_checked(tmp_path, rng, capsys):
    write(tmp_path / "é 音.wav", melody(rng, 1.0))
    os.rename(tmp_path / "é 音.wav", os.fsencode(tmp_path) + b"/\xff.wav")
    write(tmp_path / "silent 音.wav", np.zeros(RATE))
    (tmp_path / "text.wav").write_text("no sound")
    os.rename(tmp_path / "text.wav", os.fsencode(tmp_path) + b"/\xfe.wav")
    assert main(["data", "check", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "silent: silent 音.wav" in said
    assert "broken: \\udcfe.wav: Cannot read" in said
    assert said.endswith("3 sounds checked, 2 findings\n")
