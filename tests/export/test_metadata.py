"""What a file says of itself survives being written."""

import json

import pytest

from keras_sounddream import InputError
from keras_sounddream.export import Metadata

METADATA = Metadata("tiny", ["classify"], 8000, 320, labels=["dog bark", "rain"], version="1")


def test_comes_back_as_it_was():
    files = METADATA.to_files()
    assert Metadata.from_json(files["sounddream.json"]) == METADATA
    assert files["labels.txt"].decode().splitlines() == ["dog bark", "rain"]


def test_without_labels_there_is_no_file_of_them():
    files = Metadata("tiny", ["embed"], 8000, 320).to_files()
    assert set(files) == {"sounddream.json"}
    assert json.loads(files["sounddream.json"])["labels"] is None


def test_of_several_outputs_each_has_its_labels():
    labels = {"objects": ["dog", "cat"], "scenes": ["yard"]}
    metadata = Metadata("tiny", ["classify"], 8000, 320, labels=labels)
    files = metadata.to_files()
    assert Metadata.from_json(files["sounddream.json"]) == metadata
    assert files["objects_labels.txt"] == b"dog\ncat\n"
    assert files["scenes_labels.txt"] == b"yard\n"


@pytest.mark.parametrize("text", ["", "[1]", "{}", '{"model": 1, "more": 2}', b"\xff\xfe"])
def test_what_is_no_metadata_is_refused(text):
    with pytest.raises(InputError, match="Cannot read the metadata of here"):
        Metadata.from_json(text, "here")
