"""UrbanSound8K's layout read, and parted without leaks."""

import collections

import numpy as np
import pytest
import soundfile
from datasets import small_urban
from places import shared_data

from keras_sounddream import InputError
from keras_sounddream.datasets import urbansound8k
from keras_sounddream.datasets.urbansound8k import Clip


@pytest.fixture
def small(tmp_path, rng):
    small_urban.make(tmp_path, rng, folds=range(1, 4))
    return tmp_path


def imagined(rng, count=3000):
    """Clips of nine classes, one to thirty slices of a recording, that no file holds."""
    clips = []
    while len(clips) < count:
        recording, label = len(clips), int(rng.integers(9))
        for i in range(rng.integers(1, 31)):
            clips.append(Clip(f"{recording}-{i}.wav", label, 1, str(recording)))
    return clips


def test_every_row_of_the_table_is_a_clip(small):
    clips = urbansound8k.read_clips(small)
    assert len(clips) == 10 * 3 * 2
    assert clips[0].path == small / "audio" / "fold1" / "1001-0-0-0.wav"
    assert (clips[-1].label, clips[-1].fold, clips[-1].recording) == (9, 3, "1903")


def test_a_fold_is_left_out(small):
    parts = urbansound8k.official_split(urbansound8k.read_clips(small), 2)
    assert {clip.fold for clip in parts["train"]} == {1, 3}
    assert {clip.fold for clip in parts["test"]} == {2}
    with pytest.raises(
        InputError, match=r"clips in fold 7 and in others. Found folds: \[1, 2, 3\]"
    ):
        urbansound8k.official_split(urbansound8k.read_clips(small), 7)


def test_nine_classes_of_exactly_four_seconds_are_kept(small, rng):
    nearly = small / "audio" / "fold1" / "1001-0-0-0.wav"
    small_urban.write_tone(nearly, 0, 4.005, 8000, rng)
    longer = small / "audio" / "fold1" / "1101-1-0-0.wav"
    small_urban.write_tone(longer, 1, 4.03, 8000, rng)
    clips = urbansound8k.nine_classes(urbansound8k.read_clips(small), progress=False)
    assert collections.Counter(c.label for c in clips) == {i: 2 if i == 1 else 3 for i in range(9)}
    for clip in clips:
        assert int(clip.path.name.split("-")[1]) == clip.label + (clip.label >= 6)
    names = {clip.path for clip in clips}
    assert nearly in names
    assert longer not in names


def test_the_real_table_gives_the_published_counts(tmp_path):
    (tmp_path / "metadata").mkdir()
    table = shared_data("urbansound8k") / "UrbanSound8K.csv"
    (tmp_path / "metadata" / "UrbanSound8K.csv").symlink_to(table)
    clips = urbansound8k.read_clips(tmp_path, check_files=False)
    assert len(clips) == 8732
    nine = urbansound8k.nine_classes_by_table(clips)
    assert np.bincount([clip.label for clip in nine]).tolist() == [
        997, 203, 976, 675, 805, 961, 803, 897, 1000,
    ]  # fmt: skip
    assert len(nine) == 7317


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_recordings_never_cross_parts(rng, seed):
    clips = imagined(rng)
    parts = urbansound8k.split_by_recording(clips, seed)
    assert sorted(clip.path for part in parts.values() for clip in part) == sorted(
        clip.path for clip in clips
    )
    homes = [{clip.recording for clip in part} for part in parts.values()]
    assert sum(map(len, homes)) == len(set.union(*homes))
    totals = np.bincount([clip.label for clip in clips])
    for part, share in urbansound8k.SHARES.items():
        found = np.bincount([clip.label for clip in parts[part]], minlength=9)
        np.testing.assert_allclose(found / totals, share, atol=0.1)
    assert parts == urbansound8k.split_by_recording(clips, seed)
    assert parts != urbansound8k.split_by_recording(clips, seed + 1)


def test_the_original_tagging_parts_recordings(rng):
    clips = imagined(rng)
    parts = urbansound8k.split_by_file(clips, 0)
    totals = np.bincount([clip.label for clip in clips])
    for part, share in urbansound8k.SHARES.items():
        found = np.bincount([clip.label for clip in parts[part]])
        np.testing.assert_allclose(found, share * totals, atol=1)
    homes = [{clip.recording for clip in part} for part in parts.values()]
    assert homes[0] & homes[2]
    assert sum(map(len, parts.values())) == len(clips)


@pytest.mark.parametrize(("short", "silent"), [("tile", 0), ("pad", 8000)])
def test_short_clips_become_four_seconds(tmp_path, short, silent):
    ramp = np.linspace(0.1, 0.9, 12000)
    soundfile.write(tmp_path / "a.wav", np.concatenate([ramp, ramp]), 8000)
    clip = Clip(tmp_path / "a.wav", 0, 1, "1")
    waveform = urbansound8k.load_clip(clip, 8000, short)[0]
    assert waveform.shape == (32000,)
    np.testing.assert_allclose(waveform[:24000], np.tile(ramp, 2), atol=1e-4)
    if silent:
        assert not waveform[-silent:].any()
    else:
        np.testing.assert_allclose(waveform[24000:], ramp[:8000], atol=1e-4)


def test_long_clips_are_cut_and_the_nine_classes_heard_at_8_khz(tmp_path, rng):
    soundfile.write(tmp_path / "a.wav", rng.normal(0, 0.1, 5 * 24000), 24000)
    clip = Clip(tmp_path / "a.wav", 0, 1, "1")
    straight = urbansound8k.load_clip(clip, 24000)[0]
    through = urbansound8k.load_clip(clip, 24000, through_rate=8000)[0]
    assert straight.shape == through.shape == (96000,)
    high = slice(5 * 96000 // 24, None)  # above 5 kHz
    energy = [np.sum(np.abs(np.fft.rfft(x))[high] ** 2) for x in (straight, through)]
    assert energy[1] < 1e-4 * energy[0]


def test_a_broken_or_missing_file_is_named(small):
    broken = small / "audio" / "fold1" / "1301-3-0-0.wav"
    broken.write_bytes(b"RIFF and no more")
    with pytest.raises(InputError, match="1301-3-0-0.wav as sound"):
        urbansound8k.nine_classes(urbansound8k.read_clips(small), progress=False)
    broken.unlink()
    with pytest.raises(InputError, match="names .*1301-3-0-0.wav, which is not there"):
        urbansound8k.read_clips(small)


@pytest.mark.parametrize(
    ("columns", "row", "message"),
    [
        (("a", "b"), ("x", "y"), "Expected the columns slice_file_name, fsID, start"),
        (None, ("1-0-0-0.wav", 1, 0, 4, 1, 11, 0, "air_conditioner"), "line 2 .* fold 11"),
        (None, ("1-0-0-0.wav", 1, 0, 4, 1, "x", 0, "air_conditioner"), "line 2 .* fold x"),
        (None, ("1-0-0-0.wav", 1, 0, 4, 1, 1, 3, "siren"), "classID 3, class siren"),
        (None, None, "Expected rows in"),
    ],
)
def test_a_malformed_table_is_named(tmp_path, columns, row, message):
    small_urban.write_table(tmp_path, [row] if row else [], columns or small_urban.COLUMNS)
    with pytest.raises(InputError, match=message):
        urbansound8k.read_clips(tmp_path)


def test_another_folder_is_named(tmp_path):
    with pytest.raises(InputError, match="Expected UrbanSound8K's layout"):
        urbansound8k.read_clips(tmp_path)
    with pytest.raises(InputError, match="`short` must be one of tile, pad. Received: 'loop'"):
        urbansound8k.load_clip(Clip(tmp_path, 0, 1, "1"), 8000, short="loop")
