"""Pictures of a TFDS data set, unpacked as the files that they are."""

import collections
import pathlib
import types

import pytest
import tensorflow_datasets as tfds

from keras_sounddream import InputError
from keras_sounddream.datasets.picture_sets import read_picture_set
from keras_sounddream.datasets.tfds import archives, builders
from tfds_builders.artificial_imagenet import artificial_imagenet_dataset_builder as imagenet

NAME = "artificial_imagenet/all"
DUMMY = pathlib.Path(imagenet.__file__).parent / "dummy_data"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfds")
    config = tfds.download.DownloadConfig(manual_dir=DUMMY)
    tfds.builder(NAME, data_dir=folder).download_and_prepare(download_config=config)
    return folder


@pytest.fixture
def by_name(data_dir, monkeypatch, tmp_path):
    """Has TFDS find what is built without being told where."""
    find = builders.find_builder
    monkeypatch.setattr(builders, "find_builder", lambda name, _=None: find(name, data_dir))
    monkeypatch.chdir(tmp_path)


def test_pictures_are_those_of_the_folder(by_name):
    unpacked = archives.unpack(NAME, medium="image", progress=False)
    originals = collections.Counter(path.read_bytes() for path in DUMMY.rglob("*.jpg"))
    assert collections.Counter(clip["file"].read_bytes() for clip in unpacked.clips) == originals
    assert unpacked.splits == ("train", "validation", "test")
    assert len(unpacked.labels) == 25
    folders = {"n02686121": "airbus", "n02701002": "ambulance"}
    sources = {path.read_bytes(): path.parent.name for path in DUMMY.rglob("*.jpg")}
    for clip in unpacked.clips:
        folder = sources[clip["file"].read_bytes()]
        assert folders.get(folder, clip["label"]) == clip["label"]


def test_a_set_of_pictures_is_no_set_of_sounds(by_name):
    with pytest.raises(InputError, match="Expected a data set with audio and classes as label"):
        archives.unpack(NAME, progress=False)


def test_splits_are_folds(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    clips = [
        {"file": f"{split}{label}.jpg", "label": label, "split": split}
        for split in ("train", "validation", "test")
        for label in ("b", "a")
    ]
    made = types.SimpleNamespace(
        clips=clips, labels=("a", "b"), splits=("train", "validation", "test")
    )
    monkeypatch.setattr(archives, "unpack", lambda name, medium: made)
    found = read_picture_set(NAME)
    assert found.folds == (1, 2, 3)
    assert [clip.path for clip in found.part(3)[1]] == ["testb.jpg", "testa.jpg"]
