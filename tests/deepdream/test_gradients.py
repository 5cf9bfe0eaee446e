"""Portable gradients: TensorFlow's own numbers, from what every runtime can run."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from runtimes import loose, run_lite, run_onnx

from keras_sounddream.deepdream.gradients import portable_gradient

PICTURE, SERIES, VECTOR = (2, 9, 11, 4), (2, 23, 4), (3, 12)


def layer(make, *arguments, **settings):
    """A row's function: a Keras layer, made with random weights when it is first called."""
    made = []

    def call(x):
        if not made:
            with tf.init_scope():
                keras.utils.set_random_seed(1)
                made.append(make(*arguments, **settings))
                made[0].build((None, *x.shape[1:]))
                for weight in made[0].weights:
                    weight.assign(np.random.default_rng(3).uniform(0.2, 1.0, weight.shape))
        return made[0](x, training=False)

    return call


def grid(name, make, shape, **choices):
    """Rows of a layer, one for each setting of `choices`."""
    return {f"{name} {setting}": (layer(make, **setting), shape) for setting in choices["of"]}


WINDOWS = [
    {"pool_size": size, "strides": step, "padding": padding}
    for size, step in ((2, 2), (3, 2), (3, 1))
    for padding in ("same", "valid")
]
WINDOWS.append({"pool_size": 2, "strides": 3})  # "same", tf2onnx takes its padding to be negative
KERNELS = [
    {"kernel_size": size, "strides": step, "padding": padding}
    for size, step in ((3, 1), (4, 1), (3, 2), (4, 3), (1, 2))
    for padding in ("same", "valid")
]
DILATED = [
    {"kernel_size": 3, "dilation_rate": 2, "padding": padding} for padding in ("same", "valid")
]
FILTERS = [{"filters": 5, **kernel} for kernel in KERNELS + DILATED]

TABLE = {
    **grid("Conv2D", layers.Conv2D, PICTURE, of=FILTERS),
    **grid("Conv1D", layers.Conv1D, SERIES, of=FILTERS[::3]),
    **grid("DepthwiseConv2D", layers.DepthwiseConv2D, PICTURE, of=KERNELS + DILATED),
    **grid("MaxPooling2D", layers.MaxPooling2D, PICTURE, of=WINDOWS),
    **grid("MaxPooling1D", layers.MaxPooling1D, SERIES, of=WINDOWS[::3]),
    **grid("AveragePooling2D", layers.AveragePooling2D, PICTURE, of=WINDOWS),
    **grid("AveragePooling1D", layers.AveragePooling1D, SERIES, of=WINDOWS[::3]),
    **grid("Conv2DTranspose", layers.Conv2DTranspose, PICTURE, of=FILTERS[4:6]),
    **grid(
        "Activation",
        layers.Activation,
        VECTOR,
        of=[
            {"activation": name}
            for name in [
                "relu",
                "relu6",
                "leaky_relu",
                "elu",
                "selu",
                "celu",
                "silu",
                "gelu",
                "hard_silu",
                "hard_sigmoid",
                "sigmoid",
                "tanh",
                "softmax",
                "log_softmax",
                "softplus",
                "softsign",
                "mish",
                "exponential",
                "linear",
            ]
        ],
    ),
    "causal Conv1D": (layer(layers.Conv1D, 5, 3, padding="causal", dilation_rate=2), SERIES),
    "Conv1DTranspose": (layer(layers.Conv1DTranspose, 5, 3, strides=2), SERIES),
    "deep DepthwiseConv2D": (layer(layers.DepthwiseConv2D, 3, depth_multiplier=2), PICTURE),
    "DepthwiseConv1D": (layer(layers.DepthwiseConv1D, 3, strides=2, padding="same"), SERIES),
    "SeparableConv2D": (layer(layers.SeparableConv2D, 5, 3, strides=2), PICTURE),
    "SeparableConv1D": (layer(layers.SeparableConv1D, 5, 3, padding="same"), SERIES),
    "grouped Conv2D": (layer(layers.Conv2D, 6, 3, groups=2, padding="same"), PICTURE),
    "GlobalMaxPooling2D": (layer(layers.GlobalMaxPooling2D), PICTURE),
    "GlobalAveragePooling2D": (layer(layers.GlobalAveragePooling2D, keepdims=True), PICTURE),
    "GlobalMaxPooling1D": (layer(layers.GlobalMaxPooling1D), SERIES),
    "GlobalAveragePooling1D": (layer(layers.GlobalAveragePooling1D), SERIES),
    "Dense": (layer(layers.Dense, 5), SERIES),
    "EinsumDense": (layer(layers.EinsumDense, "abc,cde->abde", (None, 2, 3)), SERIES),
    "ReLU, all settings": (
        layer(layers.ReLU, max_value=1.5, negative_slope=0.2, threshold=0.1),
        VECTOR,
    ),
    "LeakyReLU": (layer(layers.LeakyReLU, 0.3), VECTOR),
    "PReLU": (layer(layers.PReLU, shared_axes=[1]), SERIES),
    "BatchNormalization": (layer(layers.BatchNormalization), PICTURE),
    "LayerNormalization": (layer(layers.LayerNormalization), SERIES),
    "GroupNormalization": (layer(layers.GroupNormalization, 2), PICTURE),
    "UnitNormalization": (layer(layers.UnitNormalization), VECTOR),
    "Normalization": (layer(layers.Normalization, mean=[1.0] * 4, variance=[2.0] * 4), SERIES),
    "Rescaling": (layer(layers.Rescaling, 0.5, 1.0), PICTURE),
    "UpSampling1D": (layer(layers.UpSampling1D, 3), SERIES),
    "UpSampling2D": (layer(layers.UpSampling2D, (2, 3)), PICTURE),
    "UpSampling2D, bilinear": (layer(layers.UpSampling2D, 2, interpolation="bilinear"), PICTURE),
    "Resizing": (layer(layers.Resizing, 7, 16, interpolation="nearest"), PICTURE),
    "Cropping2D": (layer(layers.Cropping2D, ((1, 2), (0, 3))), PICTURE),
    "ZeroPadding2D": (layer(layers.ZeroPadding2D, ((1, 2), (0, 3))), PICTURE),
    "Permute": (layer(layers.Permute, (3, 1, 2)), PICTURE),
    "RepeatVector": (layer(layers.RepeatVector, 3), VECTOR),
    "Flatten": (layer(layers.Flatten), SERIES),
    "concatenate": (lambda x: ops.concatenate([x, 2 * x[:, 1:4], x[:, :2]], axis=1), PICTURE),
    "add": (lambda x: x + x[:, :1] + x[..., :1], PICTURE),
    "multiply": (lambda x: x * x[:, :1] * x[..., :1], PICTURE),
    "divide": (lambda x: x[:, 1:] / (2 + ops.square(x[:, :1])), PICTURE),
    "maximum": (lambda x: ops.maximum(x, x[:, :1]) - ops.minimum(x, x[:, 1:2]), PICTURE),
    "power": (lambda x: ops.power(ops.abs(x) + 0.1, 1.5), VECTOR),
    "log and exp": (lambda x: ops.log(1 + ops.exp(x)) + ops.log1p(ops.exp(0.5 * x)), VECTOR),
    "roots": (lambda x: ops.sqrt(1 + x * x) * ops.rsqrt(2 + x * x), VECTOR),
    "sine and cosine": (lambda x: ops.sin(x) * ops.cos(2 * x), VECTOR),
    "where": (lambda x: ops.where(x > 0.2, x * x, x), VECTOR),
    "clip": (lambda x: ops.clip(x, -0.5, 0.7), VECTOR),
    "variance": (lambda x: ops.sqrt(ops.var(x, axis=1)) + ops.min(x, axis=1), SERIES),
    "gram matrix": (lambda x: ops.matmul(ops.transpose(x, (0, 2, 1)), x), SERIES),
    "index": (lambda x: ops.square(x[..., 2]) + x[:, 3:4, 1], SERIES),
    "stride": (lambda x: x[:, 1:-2:3, ::2], SERIES),
    "flip": (lambda x: x + ops.flip(x, axis=1), SERIES),
    "mirror": (lambda x: ops.pad(x, ((0, 0), (2, 3), (0, 0)), mode="reflect"), SERIES),
    "symmetric": (lambda x: ops.pad(x, ((0, 0), (2, 3), (0, 0)), mode="symmetric"), SERIES),
    "tile": (lambda x: ops.tile(x, (1, 2, 3)), SERIES),
    "take": (lambda x: ops.take(x, [0, 5, 5, 2], axis=1), SERIES),
    "take of channels": (lambda x: ops.take(x, [0, 3, 3], axis=2), SERIES),
    "stack": (lambda x: ops.stack([x[:, 0], x[:, 2]], axis=1), SERIES),
    "unstack": (lambda x: ops.multiply(*ops.unstack(x, axis=2)[1:3]), SERIES),
    "split": (lambda x: ops.split(x, 2, axis=2)[1] ** 2, SERIES),
    "stop_gradient": (lambda x: x * ops.stop_gradient(x), VECTOR),
    "einsum": (lambda x: ops.einsum("abc,adc->abd", x, x), SERIES),
    "depth_to_space": (lambda x: tf.nn.depth_to_space(x, 2), PICTURE),
}


FIXED = ["UpSampling2D, bilinear", "Resizing"]  # need to know the sizes of pictures


@pytest.fixture
def ties(rng):
    """Makes an array of a shape, of so few different numbers that some are equal."""
    return lambda shape: np.round(rng.normal(size=shape), 1).astype("float32")


def score(function):
    def scores(x):
        y = function(x)
        return tf.reduce_sum(tf.square(y) + y, list(range(1, len(y.shape))))

    return scores


def portable(function):
    return lambda x: portable_gradient(score(function), x)[1]


def check(found, function, x):
    """Compares with TensorFlow's own gradient."""
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        scores = score(function)(x)
    wanted = tape.gradient(scores, x).numpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5 * np.abs(wanted).max())


@pytest.mark.parametrize("name", TABLE)
def test_in_tensorflow(name, ties):
    function, shape = TABLE[name]
    x = ties(shape)
    check(tf.function(portable(function))(x), function, x)


@pytest.mark.parametrize("name", [name for name in TABLE if name not in FIXED])
def test_in_tensorflow_of_unknown_sizes(name, ties):
    function, shape = TABLE[name]
    x = ties(shape)
    check(tf.function(portable(function), input_signature=[loose(x)])(x), function, x)


@pytest.mark.parametrize("name", TABLE)
def test_in_litert(name, ties):
    function, shape = TABLE[name]
    x = ties(shape)
    check(run_lite(portable(function), x), function, x)


@pytest.mark.parametrize("name", TABLE)
def test_in_onnx_runtime_of_unknown_sizes(name, ties):
    function, shape = TABLE[name]
    x = ties(shape)
    check(run_onnx(portable(function), x, fixed=name in FIXED), function, x)
