"""The constants of TFLite files, against the networks that they were made of."""

import contextlib
import sys

import keras
import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.applications import weights
from keras_sounddream.convert import read_arrays

pytest.importorskip("ai_edge_litert")


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(5, 3, activation="relu", name="conv"),
            keras.layers.DepthwiseConv2D(3, name="depthwise"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(4, name="dense"),
        ]
    )


def converted(network, path, quantised):
    """Writes a network as TFLite, in 8 bits where that is asked for."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    if quantised:
        examples = np.random.default_rng(0).normal(size=(8, 1, 8, 8, 3)).astype("float32")
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([example] for example in examples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    path.write_bytes(converter.convert())
    return read_arrays(path)


@pytest.fixture(scope="module")
def whole(network, tmp_path_factory):
    """Bytes of a TFLite file."""
    path = tmp_path_factory.mktemp("tflite") / "net.tflite"
    converted(network, path, quantised=False)
    return path.read_bytes()


def kernels(network):
    """Kernels as TFLite orders their axes."""
    conv, depthwise, dense = (network.get_layer(n) for n in ("conv", "depthwise", "dense"))
    yield np.moveaxis(np.asarray(conv.kernel), -1, 0)
    yield np.moveaxis(np.asarray(depthwise.kernel), -1, 0)
    yield np.asarray(dense.kernel).T


@pytest.mark.parametrize(("quantised", "steps"), [(False, 1e-9), (True, 0.51)])
def test_kernels_are_those_of_the_network(network, tmp_path, quantised, steps):
    arrays = converted(network, tmp_path / "net.tflite", quantised)
    for kernel in kernels(network):
        step = np.abs(kernel).max() / 127  # the coarsest that any channel may have
        same = [array for array in arrays.values() if array.shape == kernel.shape]
        assert any(np.abs(array - kernel).max() <= steps * step for array in same)
        assert all(array.dtype == "float32" for array in same)


def test_what_a_network_computes_is_left_out(network, tmp_path):
    arrays = converted(network, tmp_path / "net.tflite", False)
    assert not [name for name, array in arrays.items() if array.shape[:1] == (1, 6)]
    assert sum(array.size for array in arrays.values() if array.dtype == "float32") <= sum(
        np.size(weight) for weight in network.weights
    )


@pytest.mark.parametrize("rest", [b"", b"not a network", b"\0" * 64, b"\xff" * 64])
def test_what_only_begins_like_such_a_file_is_refused(tmp_path, rest):
    (tmp_path / "bad.tflite").write_bytes(b"\x1c\0\0\0TFL3" + rest)
    with pytest.raises(InputError, match="Cannot read the weights .*bad.tflite as TFLite"):
        read_arrays(tmp_path / "bad.tflite")


@pytest.mark.parametrize("place", range(20, 2000, 90))
def test_a_damaged_file_is_read_or_refused(whole, tmp_path, place):
    content = bytearray(whole)
    content[place : place + 4] = b"\xff\x7f\xff\x7f"
    (tmp_path / "net.tflite").write_bytes(content)
    with contextlib.suppress(InputError):
        read_arrays(tmp_path / "net.tflite")


def test_a_file_cut_short_is_refused(whole, tmp_path):
    (tmp_path / "net.tflite").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="Cannot read the weights"):
        read_arrays(tmp_path / "net.tflite")


def test_without_the_interpreter_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    (tmp_path / "net.tflite").write_bytes(b"\x1c\0\0\0TFL3")
    with pytest.raises(InputError, match=r"pip install 'keras-sounddream\[lite\]'"):
        read_arrays(tmp_path / "net.tflite")


def dense_alone(units):
    inputs = keras.Input((5,))
    return keras.Model(
        inputs, keras.layers.Dense(units, use_bias=False, name="dense")(inputs), name="alone"
    )


@pytest.mark.parametrize(
    ("units", "there", "message"),
    [
        (4, None, None),
        (4, "ghost", "lacks the tensor 'dense/kernel' that alone has"),
        (3, None, r"has shape \(4, 5\), \(5, 4\) in Keras, but alone expects \(5, 3\)"),
    ],
)
def test_a_layout_of_its_constants_is_loaded_or_the_tensor_named(
    network, whole, tmp_path, units, there, message
):
    path = tmp_path / "net.tflite"
    path.write_bytes(whole)
    kernel = np.asarray(network.get_layer("dense").kernel)
    arrays = read_arrays(path)
    name = next(key for key, array in arrays.items() if np.array_equal(array, kernel.T))
    layout = {"dense/kernel": weights.Foreign(there or name, np.transpose)}
    tops, model = [other for other in arrays if other != name], dense_alone(units)
    if message is None:
        weights.load(model, path, tops, [layout])
        np.testing.assert_array_equal(model.get_layer("dense").kernel, kernel)
        return
    with pytest.raises(InputError, match=message):
        weights.load(model, path, tops, [layout])
