"""Cut off, changed, or holding other tensors: every file is either read or refused in one line."""

import keras
import numpy as np
import pytest
from convert.writers import WRITERS

from keras_sounddream.applications import weights
from keras_sounddream.convert import read_arrays
from keras_sounddream.errors import InputError

each_format = pytest.mark.parametrize("file", WRITERS)


@pytest.fixture(scope="module")
def model():
    inputs = keras.Input((3,))
    x = keras.layers.Dense(4, name="dense1")(inputs)
    return keras.Model(inputs, keras.layers.Dense(2, name="dense2")(x), name="small")


@pytest.fixture
def arrays(model, rng):
    return {w.path: rng.normal(size=w.shape).astype("float32") for w in model.weights}


def layout(model):
    """Kernels turned, as other systems have them, under names of their own."""
    return {
        weight.path: weights.Foreign(f"net/{weight.path}", np.transpose) for weight in model.weights
    }


@each_format
def test_weights_of_another_layout_are_turned_into_ours(file, model, arrays, tmp_path):
    theirs = {f"net/{name}": np.ascontiguousarray(array.T) for name, array in arrays.items()}
    WRITERS[file](tmp_path / file, theirs)
    weights.load(model, tmp_path / file, layouts=[layout(model)])
    for weight in model.weights:
        np.testing.assert_array_equal(weight.value, arrays[weight.path])


@each_format
def test_missing_extra_and_misshapen_tensors_are_named(file, model, arrays, tmp_path):
    name = "dense1/kernel"
    cases = {
        f"lacks the tensor '{name}' that small has": {**arrays, name: None},
        "holds the tensor 'ghost/kernel' that small lacks": {
            **arrays,
            "ghost/kernel": arrays[name],
        },
        rf"'{name}' .* has shape \(7, 2\), but small expects \(3, 4\)": {
            **arrays,
            name: np.zeros((7, 2), "float32"),
        },
    }
    before = model.get_weights()
    for message, changed in cases.items():
        kept = {key: array for key, array in changed.items() if array is not None}
        WRITERS[file](tmp_path / file, kept)
        with pytest.raises(InputError, match=message):
            weights.load(model, tmp_path / file)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def parts(folder, file):
    """The files to damage: of a checkpoint its index and its data."""
    return sorted(folder.glob(file.replace(".index", ".*")))


def refusal(path):
    """What is said of a file; `None` if it is read."""
    try:
        found = read_arrays(path)
    except InputError as error:
        return str(error)
    assert found
    for array in found.values():
        assert array.dtype.kind in "biuf"
        np.array(array)  # every number can be reached
    return None


@each_format
def test_a_file_cut_off_anywhere_is_refused(file, arrays, tmp_path):
    WRITERS[file](tmp_path / file, arrays)
    for part in parts(tmp_path, file):
        whole = part.read_bytes()
        for size in {*range(0, len(whole), -(-len(whole) // 20)), 1, 4, 8, 12, len(whole) - 1}:
            part.write_bytes(whole[:size])
            assert refusal(tmp_path / file), size
        part.write_bytes(whole)
    assert refusal(tmp_path / file) is None


def test_keras_own_files_cut_off_anywhere_are_refused(model, tmp_path):
    model.save_weights(tmp_path / "w.weights.h5")
    whole = (tmp_path / "w.weights.h5").read_bytes()
    for size in range(0, len(whole), len(whole) // 20):
        (tmp_path / "w.weights.h5").write_bytes(whole[:size])
        with pytest.raises(InputError, match="no complete HDF5 file|is empty"):
            weights.load(model, tmp_path / "w.weights.h5")


@each_format
def test_a_file_with_changed_bytes_is_read_or_refused(file, arrays, tmp_path):
    rng = np.random.default_rng(0)
    WRITERS[file](tmp_path / file, arrays)
    for part in parts(tmp_path, file):
        whole = part.read_bytes()
        for _ in range(200):
            changed = bytearray(whole)
            for place in rng.integers(len(whole), size=rng.integers(1, 4)):
                changed[place] ^= 1 << rng.integers(8) if rng.random() < 0.5 else rng.integers(256)
            part.write_bytes(changed)
            refusal(tmp_path / file)
        part.write_bytes(whole)


@pytest.mark.parametrize("suffix", [".npz", ".pth", ".t7", ".npy", ".h5", ".tflite", ".index"])
def test_noise_is_refused_under_every_name(suffix, tmp_path):
    rng = np.random.default_rng(0)
    for size in (1, 7, 64, 1000):
        (tmp_path / f"noise{suffix}").write_bytes(rng.bytes(size))
        assert refusal(tmp_path / f"noise{suffix}")
