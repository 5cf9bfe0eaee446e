"""Checkpoints of long dreams, without a dream."""

import json

import numpy as np
import pytest

from keras_sounddream import DeepDream, InputError, objectives
from keras_sounddream.deepdream.long_sounds.checkpoint import StreamCheckpoint, identify

IDENTITY = {"steps": 10, "input": "abc"}
TAIL = np.array([0.25, -0.5], "float32")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "out.wav"


def appended(path, **row):
    checkpoint = StreamCheckpoint(path, IDENTITY)
    checkpoint.append(np.array([1, -2, 3], "int16"), TAIL, row)
    return checkpoint


def test_nothing_is_written_before_the_first_segment(path):
    checkpoint = StreamCheckpoint(path, IDENTITY)
    assert (checkpoint.rows, checkpoint.num_samples, len(checkpoint.tail)) == ([], 0, 0)
    assert not checkpoint.folder.exists()


def test_another_one_resumes(path):
    appended(path, seconds=1.5)
    resumed = StreamCheckpoint(path, IDENTITY)
    assert (resumed.rows, resumed.num_samples) == ([{"seconds": 1.5}], 3)
    np.testing.assert_array_equal(resumed.tail, TAIL)
    resumed.append(np.array([4], "int16"), TAIL, {})
    np.testing.assert_array_equal(np.concatenate([*resumed.blocks()]), [1, -2, 3, 4])
    assert len(list(resumed.folder.glob("tail-*.npy"))) == 1


def test_samples_beyond_the_state_do_not_count(path):
    checkpoint = appended(path)
    with open(checkpoint.folder / "samples.s16", "ab") as file:
        file.write(b"\x07\x00\x08\x00")  # an interruption before the state was replaced
    resumed = StreamCheckpoint(path, IDENTITY)
    resumed.append(np.array([4], "int16"), TAIL, {})
    np.testing.assert_array_equal(np.concatenate([*resumed.blocks()]), [1, -2, 3, 4])


def test_another_identity_is_an_error_that_names_the_difference(path):
    appended(path)
    message = r"of other settings: steps \(there 10, here 20\). Go on with the same"
    with pytest.raises(InputError, match=message):
        StreamCheckpoint(path, {**IDENTITY, "steps": 20})
    with pytest.raises(InputError, match=r"more \(there null, here \[1, 2\]\)"):
        StreamCheckpoint(path, {**IDENTITY, "more": (1, 2)})
    assert len(StreamCheckpoint(path, IDENTITY).rows) == 1


def test_long_values_are_shortened_in_the_error(path):
    appended(path)
    with pytest.raises(InputError, match='here "x{35} …'):
        StreamCheckpoint(path, {**IDENTITY, "input": "x" * 100})


def test_overwrite_discards_another_identity(path):
    appended(path)
    checkpoint = StreamCheckpoint(path, {**IDENTITY, "steps": 20}, overwrite=True)
    assert (checkpoint.rows, checkpoint.num_samples) == ([], 0)
    assert not checkpoint.folder.exists()


def test_discarding_leaves_files_of_others(path):
    checkpoint = appended(path)
    (checkpoint.folder / "notes.txt").write_text("mine")
    checkpoint.discard()
    assert [file.name for file in checkpoint.folder.iterdir()] == ["notes.txt"]


def test_a_folder_that_cannot_be_written_to_is_an_error(path):
    path.with_name("out.wav.part").write_text("a file in its place")
    with pytest.raises(InputError, match="Cannot write to .*out.wav.part: "):
        StreamCheckpoint(path, IDENTITY).append(np.zeros(1, "int16"), TAIL, {})


def test_the_identity_is_of_settings_weights_and_more(small_model):
    def identity(**more):
        dream = DeepDream(small_model, objectives.layer("conv2"), octaves=1, **more)
        return identify(dream, input="abc")

    first = identity(steps=2)
    assert first == identity(steps=2)
    assert json.loads(json.dumps(first, default=str))["input"] == "abc"
    assert first != identity(steps=3)
    kernel = small_model.get_layer("conv1").kernel
    before = kernel.numpy()
    try:
        kernel.assign(before + 1)
        assert identity(steps=2)["model"] != first["model"]
    finally:
        kernel.assign(before)
