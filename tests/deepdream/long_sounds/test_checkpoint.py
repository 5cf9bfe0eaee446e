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


def test_two_that_write_to_one_output_are_told(path):
    one, two = StreamCheckpoint(path, IDENTITY), StreamCheckpoint(path, IDENTITY)
    for value in (1, 2, 3):
        one.append(np.full(5, value, "int16"), TAIL, {})
    with pytest.raises(InputError, match=r"Another process dreams into .*: it has finished 3 seg"):
        two.append(np.full(5, 1, "int16"), TAIL, {})
    one.append(np.full(5, 4, "int16"), TAIL, {})
    np.testing.assert_array_equal(np.concatenate([*one.blocks()]), np.repeat([1, 2, 3, 4], 5))


STATE = "state.json cannot be read"
SAMPLES = "samples.s16 is not that of its state"
DAMAGES = {
    "no state": ("state.json", lambda data: b"", STATE),
    "half a state": ("state.json", lambda data: data[: len(data) // 2], STATE),
    "another number": (
        "state.json",
        lambda data: data.replace(b'"num_samples": 6', b'"num_samples": 5'),
        STATE,
    ),
    "another name": ("state.json", lambda data: data.replace(b"seconds", b"second5"), STATE),
    "another version": (
        "state.json",
        lambda data: data.replace(b'"format": 2', b'"format": 1'),
        STATE,
    ),
    "of the first version": (
        "state.json",
        lambda data: b'{"num_samples": 6, "rows": [], "identity": {}}',
        STATE,
    ),
    "a list": ("state.json", lambda data: b"[]", STATE),
    "no text": ("state.json", lambda data: b"\xff\xfe" + data, STATE),
    "no samples": ("samples.s16", lambda data: b"", SAMPLES),
    "samples cut off": ("samples.s16", lambda data: data[:-2], SAMPLES),
    "a hole": ("samples.s16", lambda data: b"\0" * 4 + data[4:], SAMPLES),
    "half a tail": ("tail-2.npy", lambda data: data[:-2], "tail-2.npy is not that"),
    "no tail": ("tail-2.npy", lambda data: b"", "tail-2.npy is not that"),
}


@pytest.mark.parametrize(("name", "damage", "message"), DAMAGES.values(), ids=DAMAGES)
def test_what_is_damaged_is_one_line_and_force_begins_anew(name, damage, message, path):
    appended(path, seconds=1.5).append(np.array([4, 5, 6], "int16"), TAIL, {})
    file = path.with_name("out.wav.part") / name
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert file.read_bytes() != whole
    with pytest.raises(InputError, match=rf"{message}.*Begin anew with --force") as caught:
        StreamCheckpoint(path, IDENTITY)
    assert "\n" not in str(caught.value)
    anew = StreamCheckpoint(path, IDENTITY, overwrite=True)
    assert (anew.rows, anew.num_samples) == ([], 0)
    assert not anew.folder.exists()


@pytest.mark.parametrize("name", ["state.json", "samples.s16", "tail-1.npy"])
def test_what_is_missing_or_a_folder_is_one_line(name, path):
    checkpoint = appended(path)
    (checkpoint.folder / name).unlink()
    (checkpoint.folder / name).mkdir()
    with pytest.raises(InputError, match="damaged or of another version"):
        StreamCheckpoint(path, IDENTITY)
    StreamCheckpoint(path, IDENTITY, overwrite=True)
    assert not checkpoint.folder.exists()


@pytest.mark.parametrize("damage", [b"", b"\1\0" * 2, b"\0\0" * 3, b"\1\0" * 4])
def test_samples_that_changed_meanwhile_are_not_written(damage, path):
    checkpoint = appended(path)
    (checkpoint.folder / "samples.s16").write_bytes(damage)
    with pytest.raises(InputError, match="changed while it was written"):
        list(checkpoint.blocks())


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
