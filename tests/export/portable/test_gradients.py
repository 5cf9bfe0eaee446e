"""Portable gradients: TensorFlow's own numbers, from what every runtime can run."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from runtimes import loose, run_lite, run_onnx

from keras_sounddream import InputError
from keras_sounddream.deepdream.network.grouped_convolutions import Conv1DByGroup, Conv2DByGroup
from keras_sounddream.export.portable.gradients import RULES, portable_gradient

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

ACTIVATIONS = (
    *("relu", "relu6", "leaky_relu", "elu", "selu", "celu", "silu", "gelu", "mish"),
    *("hard_silu", "hard_sigmoid", "sigmoid", "tanh", "softmax", "log_softmax"),
    *("softplus", "softsign", "exponential", "linear"),
)
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
        of=[{"activation": name} for name in ACTIVATIONS],
    ),
    "causal Conv1D": (layer(layers.Conv1D, 5, 3, padding="causal", dilation_rate=2), SERIES),
    "Conv2D, two down and one across": (layer(layers.Conv2D, 4, 3, strides=(2, 1)), PICTURE),
    "Conv2D, two down and three across": (layer(layers.Conv2D, 4, 5, strides=(2, 3)), PICTURE),
    "long Conv1D of one channel": (layer(layers.Conv1D, 4, 17, strides=2), (2, 61, 1)),
    "long Conv1D, padded": (layer(layers.Conv1D, 4, 16, strides=3, padding="same"), (2, 47, 2)),
    "Conv1DTranspose": (layer(layers.Conv1DTranspose, 5, 3, strides=2), SERIES),
    "deep DepthwiseConv2D": (layer(layers.DepthwiseConv2D, 3, depth_multiplier=2), PICTURE),
    "DepthwiseConv1D": (layer(layers.DepthwiseConv1D, 3, strides=2, padding="same"), SERIES),
    "SeparableConv2D": (layer(layers.SeparableConv2D, 5, 3, strides=2), PICTURE),
    "SeparableConv1D": (layer(layers.SeparableConv1D, 5, 3, padding="same"), SERIES),
    "grouped Conv2D": (layer(Conv2DByGroup, 6, 3, groups=2, padding="same"), PICTURE),
    "grouped Conv1D": (layer(Conv1DByGroup, 6, 3, groups=2, padding="causal"), SERIES),
    "grouped Conv2D in one": (layer(layers.Conv2D, 6, 3, groups=2, padding="same"), PICTURE),
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
    "backwards": (lambda x: x * x[:, 1:2, ::-1], SERIES),
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
    "split unevenly": (lambda x: tf.split(x, [1, 3], axis=2)[1] ** 2, SERIES),
    "depth_to_space": (lambda x: tf.nn.depth_to_space(x, 2), PICTURE),
    "space_to_depth": (lambda x: tf.nn.space_to_depth(x[:, :8, :10], 2), PICTURE),
    "broadcast_to": (lambda x: tf.broadcast_to(x[:, :, :1], tf.shape(x)), SERIES),
    "sum": (lambda x: ops.sum(x, axis=(1, 2)), PICTURE),
    "cast": (lambda x: ops.cast(ops.cast(x, "float64"), "float32"), VECTOR),
    "error function": (lambda x: tf.math.erf(x) * tf.math.erfc(x - 1), VECTOR),
    "padded with ones": (lambda x: ops.pad(x, ((0, 0), (2, 0)), constant_values=1.0), VECTOR),
    "slice": (lambda x: ops.slice(x, (0, 3), (ops.shape(x)[0], 4)), VECTOR),
    "roll": (lambda x: tf.roll(x, [2, -1], [1, 2]), SERIES),
    "many added": (lambda x: tf.add_n([x, x * x, 2 * x]), VECTOR),
    "negative and reciprocal": (lambda x: -ops.reciprocal(ops.square(x) + 1), VECTOR),
    "matrices turned": (lambda x: tf.matmul(x, x, transpose_a=True), SERIES),
    "ensure_shape": (lambda x: tf.ensure_shape(x, (3, 12)) ** 2, VECTOR),
}


FIXED = ["UpSampling2D, bilinear", "Resizing"]  # need to know the sizes of pictures
# Keras hides these in XLA; TensorFlow's own kernels need oneDNN, which dreams do without
ELSEWHERE = ["grouped Conv2D in one"]
IN_TENSORFLOW = [name for name in TABLE if name not in ELSEWHERE]


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


@pytest.mark.onednn
@pytest.mark.parametrize("name", IN_TENSORFLOW)
def test_in_tensorflow(name, ties):
    function, shape = TABLE[name]
    x = ties(shape)
    check(tf.function(portable(function))(x), function, x)


@pytest.mark.onednn
@pytest.mark.parametrize("name", [name for name in IN_TENSORFLOW if name not in FIXED])
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


STRIDED = [name for name in TABLE if re.match(r"Conv[12]D.*'strides': [23]", name)]


@pytest.mark.parametrize("name", STRIDED)
def test_convolutions_in_steps_in_onnx_runtime_of_known_sizes(name, ties):
    function, shape = TABLE[name]
    x = ties(shape)
    check(run_onnx(portable(function), x, fixed=True), function, x)


def test_every_rule_is_in_the_table(ties):
    seen = set()
    for function, shape in TABLE.values():
        graph = tf.function(function, autograph=False).get_concrete_function(ties(shape)).graph
        seen |= {op.type for op in graph.get_operations()}
    assert set(RULES) - seen == set()


def test_an_operation_without_a_rule_is_refused_by_its_name_and_its_layers():
    total = layers.Lambda(lambda x: tf.math.cumsum(x), name="total")

    def dreamed(x):
        return portable_gradient(total, x, ["tot", "total", "other"])

    with pytest.raises(InputError, match="Operation Cumsum of layer 'total' .* no portable"):
        tf.function(dreamed, autograph=False)(tf.ones(3))


def test_an_operation_whose_rule_does_not_fit_is_refused_with_the_reason():
    stretch = layers.Resizing(8, 8)
    spec = [tf.TensorSpec((None, None, None, 3))]
    with pytest.raises(InputError, match="the sizes that it resizes between are not known"):
        tf.function(portable(stretch), autograph=False, input_signature=spec)(np.ones((1, 4, 4, 3)))


def test_kernels_that_are_dreamed_on_are_refused():
    def convolved(x):
        return tf.nn.conv2d(tf.ones_like(x), x, 1, "SAME")

    with pytest.raises(InputError, match="Conv2D .* its input 1 is dreamed on"):
        tf.function(portable(convolved), autograph=False)(tf.ones((4, 4, 4, 4)))


def test_outside_of_a_graph_there_is_no_gradient():
    with pytest.raises(ValueError, match="in a tf.function"):
        portable_gradient(tf.square, tf.ones(3))


def test_a_custom_gradient_is_kept():
    twice = tf.custom_gradient(lambda x: (tf.identity(x), lambda g: 2 * g))
    found = tf.function(portable(lambda x: twice(tf.square(x))))(tf.fill((1, 2), 3.0))
    np.testing.assert_allclose(found, 2 * (2 * 9 + 1) * 6 * np.ones((1, 2)))


def test_a_function_within_becomes_part_of_the_graph():
    inner = tf.function(lambda x: tf.tanh(x))
    traced = tf.function(portable(inner)).get_concrete_function(tf.TensorSpec((2, 3)))
    assert not [op for op in traced.graph.get_operations() if "Call" in op.type]
    assert not tf.config.functions_run_eagerly()


@pytest.mark.parametrize("run", [run_lite, run_onnx])
def test_ten_steps_in_a_loop(run, ties):
    convolution, pool = TABLE["Conv2D " + str(FILTERS[0])][0], layers.MaxPooling2D(2)

    def climb(gradient):
        def step(x):
            slope = gradient(lambda x: score(lambda x: pool(tf.nn.relu(convolution(x))))(x), x)
            return x + slope / (tf.reduce_max(tf.abs(slope)) + 1e-6)

        def ascend(x):
            return tf.while_loop(lambda i, _: i < 10, lambda i, x: (i + 1, step(x)), (0, x))[1]

        return ascend

    x = ties(PICTURE)
    wanted = tf.function(climb(lambda f, x: tf.gradients(f(x), x)[0]))(x)
    found = run(climb(lambda f, x: portable_gradient(f, x)[1]), x)
    np.testing.assert_allclose(found, wanted, atol=1e-4 * np.abs(wanted).max())
