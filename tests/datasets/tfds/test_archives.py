"""Recipes that are given a data set of TFDS, against the folder that it was built from."""

import pathlib
import types

import numpy as np
import pytest
import tensorflow_datasets as tfds

from keras_sounddream import InputError
from keras_sounddream.audio.io import read
from keras_sounddream.cli.main import main
from keras_sounddream.datasets import urbansound8k as urban_clips
from keras_sounddream.datasets.clip_sets import read_clip_set
from keras_sounddream.datasets.corpus_cache import store_sounds
from keras_sounddream.datasets.tfds import archives, builders
from keras_sounddream.datasets.tfds.sounds import list_data_set
from keras_sounddream.training.recipes import esc10
from tfds_builders.esc50 import esc50_dataset_builder as esc50
from tfds_builders.urbansound8k import urbansound8k_dataset_builder as urbansound8k

ESC = esc50.Builder.code_path.parent / "dummy_data"
FOLDERS = {
    "esc50/esc50": ESC / "esc50",
    "esc50/esc10": ESC / "esc10",
    "urbansound8k/original": urbansound8k.Builder.code_path.parent / "dummy_data",
}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfds")
    for name, manual in FOLDERS.items():
        config = tfds.download.DownloadConfig(manual_dir=manual)
        tfds.builder(name, data_dir=folder).download_and_prepare(download_config=config)
    return folder


@pytest.fixture(autouse=True)
def by_name(data_dir, monkeypatch, tmp_path):
    """Has TFDS find what is built without being told where."""
    built = tfds.builder
    monkeypatch.setattr(tfds, "builder", lambda name, **_: built(name, data_dir=data_dir))
    monkeypatch.chdir(tmp_path)


def same_sound(path, other):
    (one, rate), (two, other_rate) = read(path), read(other)
    np.testing.assert_allclose(one, two, atol=1 / 32768)
    return rate == other_rate


def facts(clip):
    return clip.path.stem, clip.label, clip.fold


def test_a_set_in_folds_is_read_as_its_folder():
    of_name, of_folder = (read_clip_set(x) for x in ("esc50/esc50", FOLDERS["esc50/esc50"]))
    assert of_name.labels == of_folder.labels == ("dog", "pig")
    assert of_name.official
    expected = {clip.path.stem: clip for clip in of_folder.clips}
    assert sorted(map(facts, of_name.clips)) == sorted(map(facts, of_folder.clips))
    for clip in of_name.clips:
        assert same_sound(clip.path, expected[clip.path.stem].path)


def test_esc10s_and_urbansound8ks_recipes_find_their_clips():
    folder = FOLDERS["esc50/esc10"]
    assert list(map(facts, esc10.read_clips("esc50/esc10"))) == list(
        map(facts, esc10.read_clips(folder))
    )
    name = "urbansound8k/original"
    of_name, of_folder = (
        sorted(urban_clips.read_clips(data), key=facts) for data in (name, FOLDERS[name])
    )
    assert [clip[1:] for clip in of_name] == [clip[1:] for clip in of_folder]
    assert all(same_sound(a.path, b.path) for a, b in zip(of_name, of_folder, strict=True))


def test_sounds_are_unpacked_once(monkeypatch):
    first = archives.unpack("esc50/esc50")
    monkeypatch.setattr(archives, "save", None)
    assert archives.unpack("esc50/esc50") == first
    assert first.splits == ("fold1", "fold2", "fold3", "fold4", "fold5")
    assert {clip["author"] for clip in first.clips} == {"me"}


@pytest.mark.parametrize(("splits", "expected"), [
    (("fold10", "fold2", "fold1"), ("fold1", "fold2", "fold10")),
    (("test", "extra", "train", "validation"), ("train", "validation", "test", "extra")),
])  # fmt: skip
def test_folds_are_counted_and_test_is_the_last_part(splits, expected):
    assert archives._in_order(splits) == expected


def test_a_single_split_is_dealt_into_folds(monkeypatch):
    clips = tuple(
        {"file": pathlib.Path(f"{label}{i}.wav"), "label": label, "split": "train"}
        for label in ("low", "high")
        for i in range(10)
    )
    one_split = archives.Unpacked("any", ("low", "none", "high"), ("train",), clips)
    monkeypatch.setattr(archives, "unpack", lambda name: one_split)
    found = read_clip_set("any")
    assert found.labels == ("low", "high")
    assert not found.official
    assert [len(found.part(fold)[1]) for fold in found.folds] == [4] * 5
    assert all(clip.path.name.startswith(found.labels[clip.label]) for clip in found.clips)


def test_a_wavenets_sounds_have_the_rate_beside_them(tmp_path):
    listed = list_data_set("esc50/esc50", {"kind": "label"}, split="fold1+fold2")
    sounds = store_sounds(listed, tmp_path, 8000, progress=False)
    targets = {"dog": 0, "pig": 2}
    paths = (FOLDERS["esc50/esc50"] / "audio").glob("[12]-*.wav")
    expected = {(tuple(read(path)[0][0]), int(path.stem[-1])) for path in paths}
    found = (tuple(sounds.waveform(i)[0]) for i in range(len(sounds)))
    assert set(zip(found, (targets[x] for x in sounds.labels["kind"]), strict=True)) == expected


def test_probe_takes_a_name(capsys):
    folds = ("--fold", "1", "--cache", "features")
    options = ("--layer", "front_end", "--data", "esc50/esc50", *folds)
    assert main(["probe", "log_mel_cnn", *options]) == 0
    assert "%" in capsys.readouterr().out


BAD = {
    "neither": ("no_such_set", "no folder no_such_set. There is no data set 'no_such_set'"),
    "not built": ("gtzan", "no folder gtzan. gtzan is not prepared .*Build it first"),
    "others": ("esc50/esc50", "with the classes dog, rain.*esc50/esc50 has: dog, rooster"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_no_recipe_can_take_is_named(case):
    name, message = BAD[case]
    with pytest.raises(InputError, match=message):
        esc10.read_clips(name)


def test_urbansound8ks_classes_alone_do_not_make_its_clips(monkeypatch):
    label = tfds.features.ClassLabel(names=list(urban_clips.LABELS))
    others = {"audio": tfds.features.Audio(sample_rate=8000), "fold": tfds.features.Text()}
    info = types.SimpleNamespace(features=tfds.features.FeaturesDict({**others, "label": label}))
    alike = types.SimpleNamespace(info=info)
    monkeypatch.setattr(builders, "find_prepared", lambda *_: alike)
    with pytest.raises(InputError, match="alike lacks: recording, start, end, salience"):
        urban_clips.read_clips("urban_alike")


def test_pictures_are_refused():
    from tfds_builders.natural_images import natural_images_dataset_builder as natural_images

    manual = natural_images.Builder.code_path.parent / "dummy_data"
    config = tfds.download.DownloadConfig(manual_dir=manual)
    tfds.builder("natural_images").download_and_prepare(download_config=config)
    with pytest.raises(InputError, match="natural_images has: image, label, filename"):
        read_clip_set("natural_images")
