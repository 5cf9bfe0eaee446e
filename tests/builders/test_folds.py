"""Folds share no recording: on the real tables, and of data sets that are built."""

import csv

import numpy as np
import pytest
import tensorflow_datasets as tfds
from places import shared_data

from keras_sounddream import InputError
from keras_sounddream.datasets import urbansound8k as urban_clips
from tfds_builders import folds
from tfds_builders.music_genres import music_genres_dataset_builder as music_genres
from tfds_builders.urbansound8k import urbansound8k_dataset_builder as urbansound8k

CONFIGS = {config.name: config for config in urbansound8k.Builder.BUILDER_CONFIGS}


def urban_table(tmp_path):
    table = shared_data("urbansound8k") / "UrbanSound8K.csv"
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "UrbanSound8K.csv").symlink_to(table)
    return urban_clips.read_clips(tmp_path, check_files=False)


def pairs(members):
    """Training and test recordings of each fold, as `leave_one_out` leaves them."""
    crossing = folds.find_crossing(members)
    for fold in sorted({fold for _, fold in members}):
        out = folds.left_out(crossing, fold)
        train = {recording for recording, f in members if f != fold and recording not in out}
        yield train, {recording for recording, f in members if f == fold}


def test_urbansound8ks_folds_share_five_recordings_and_pairs_none(tmp_path):
    clips = urban_table(tmp_path)
    members = [(clip.recording, f"fold{clip.fold}") for clip in clips]
    assert folds.find_crossing(members) == {
        "106905": ["fold1", "fold8"],
        "132016": ["fold1", "fold4"],
        "176638": ["fold1", "fold4"],
        "180937": ["fold1", "fold9"],
        "77751": ["fold2", "fold7"],
    }
    found = list(pairs(members))
    assert len(found) == 10
    for train, test in found:
        assert not train & test
        assert len(train | test) == 1297


def test_esc10s_folds_share_no_recording():
    with open(shared_data("esc10") / "attribution.csv") as file:
        members = [(row["freesound_id"], row["fold"]) for row in csv.DictReader(file)]
    assert folds.find_crossing(members) == {}
    for train, test in pairs(members):
        assert not train & test


@pytest.mark.parametrize(("name", "leaks"), [("modified", False), ("modified_by_file", True)])
def test_the_nine_class_set_is_parted_as_its_config_says(tmp_path, name, leaks):
    parts = urbansound8k.part(urban_table(tmp_path), CONFIGS[name])
    assert sum(map(len, parts.values())) == 7317
    members = [(clip.recording, part) for part, clips in parts.items() for clip in clips]
    assert bool(folds.find_crossing(members)) == leaks
    for part, share in {"train": 0.6, "validation": 0.2, "test": 0.2}.items():
        assert len(parts[part]) / 7317 == pytest.approx(share, abs=0.02)


def test_what_is_built_is_left_out_by_recording(tmp_path):
    builder = build("urbansound8k/original", urbansound8k, tmp_path)
    assert builder.info.metadata["crossing"] == {"12": ["fold1", "fold2"]}
    left_in = []
    for pair in folds.leave_one_out(builder):
        train, test = (
            {example["recording"].decode() for example in tfds.as_numpy(part)}
            for part in (pair.train, pair.test)
        )
        assert not train & test
        left_in.append(len(list(pair.train)))
    assert left_in == [6, 7, 5]  # of ten: without three and one more, two and one, five
    modified = build("urbansound8k/modified", urbansound8k, tmp_path)
    with pytest.raises(InputError, match="has: train, validation, test"):
        folds.leave_one_out(modified)


def build(name, module, tmp_path, **config):
    manual = module.Builder.code_path.parent / "dummy_data"
    builder = tfds.builder(name, data_dir=tmp_path / "built", **config)
    builder.download_and_prepare(download_config=tfds.download.DownloadConfig(manual_dir=manual))
    return builder


def test_recordings_are_dealt_whole_and_classes_evenly(rng):
    labels = np.repeat(["a", "b", "c"], 20)
    recordings = [f"{label}{i % 10}" for i, label in enumerate(labels)]
    dealt = folds.deal(recordings, labels, 5, seed=1)
    members = list(zip(recordings, dealt, strict=True))
    assert folds.find_crossing(members) == {}
    counts = {(label, fold): 0 for label in "abc" for fold in range(1, 6)}
    for label, fold in zip(labels, dealt, strict=True):
        counts[label, fold] += 1
    assert set(counts.values()) == {4}
    assert (
        dealt
        == folds.deal(recordings, labels, 5, seed=1)
        != folds.deal(recordings, labels, 5, seed=2)
    )


def test_shares_are_cut_in_order():
    parts = folds.cut_by_shares(list(range(113)), {"train": 0.8, "validation": 0.1, "test": 0.1})
    assert [len(part) for part in parts.values()] == [91, 11, 11]
    assert [item for part in parts.values() for item in part] == list(range(113))


def test_tracks_are_chosen_by_genre_and_year(tmp_path):
    config = music_genres.MusicConfig(
        name="few", genres=("jazz",), years=(1991, 2000), num_folds=2, sample_rate=4000
    )
    builder = build("music_genres", music_genres, tmp_path, config=config)
    examples = list(tfds.as_numpy(builder.as_dataset(split="fold1+fold2")))
    assert {example["year"] for example in examples} == {1992, 1994}
    assert builder.info.features["label"].names == ["jazz"]
    assert {len(example["audio"]) for example in examples} == {200}


def test_tracks_are_labelled_by_their_tags(tmp_path, media):
    config = music_genres.MusicConfig(
        name="tagged", tagged=True, num_folds=2, most_seconds=1.0, min_seconds=2.5
    )
    builder = tfds.builder("music_genres", data_dir=tmp_path, config=config)
    manual = tfds.download.DownloadConfig(manual_dir=media / "derived")
    builder.download_and_prepare(download_config=manual)
    names = builder.info.features["label"].names
    found = {
        example["recording"].decode(): (names[example["label"]], int(example["year"]))
        for example in tfds.as_numpy(builder.as_dataset(split="all"))
    }
    assert found["tabla_s16_tagged.flac"] == ("rock", 1999)
    assert found["tabla_id3v24_numeric.mp3"] == ("rock", 2015)
    assert found["tabla_genre_no_year.mp3"] == ("metal", 0)
    assert any("tabla_untagged.mp3" in line for line in builder.info.metadata["left_out"])
