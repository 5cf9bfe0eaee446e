"""An exported dream's arithmetic: one gradient beside TensorFlow's, before anything is long."""

import keras
import pytest
import tensorflow as tf
from export.models import RATE, make_classifier

from keras_sounddream import DeepDream, ExportError, export_model, objectives
from keras_sounddream.export import arithmetic
from keras_sounddream.export.formats import FormatWriter, Runner
from keras_sounddream.export.metadata import Metadata
from keras_sounddream.export.portable.gradients import backward
from keras_sounddream.export.portable.tasks import portable_function
from keras_sounddream.export.reference_sounds import speech_like
from keras_sounddream.export.tasks import find_tasks

METADATA = Metadata("tiny", ("dream",), RATE, 0)


class InTensorFlow(FormatWriter):
    """A format whose files are functions, in operations that runtimes have."""

    is_portable = True
    scale = 1.0

    def write(self, tasks, metadata, path):
        self.function = tf.function(portable_function(tasks[0], None), autograph=False)
        return tasks

    def read(self, path, tasks):
        def run(name, image):
            found = self.function(waveform=tf.constant(image))
            return {name: self.scale * value.numpy() for name, value in found.items()}

        return Runner(run, {})


@pytest.fixture(scope="module")
def task():
    model = make_classifier()
    return find_tasks(DeepDream(model, objectives.layer("conv2"), octaves=1, steps=1), ["dream"])[0]


SOUND = speech_like(3000, RATE)


def test_right_arithmetic_is_accepted(task):
    errors = arithmetic.check_arithmetic([task], InTensorFlow(), METADATA, {}, [SOUND])
    assert set(errors) == {"rule", "gradient", "runtime"}
    assert max(errors.values()) < 1e-4


@pytest.mark.parametrize("kind", ["Conv2D", "Log"])
def test_a_rule_that_is_wrong_by_a_hundredth_is_named(task, monkeypatch, kind):
    rule = backward.RULES[kind]

    def scaled(part):
        if callable(part):
            return lambda: 1.01 * part()
        return None if part is None else 1.01 * part

    monkeypatch.setitem(backward.RULES, kind, lambda op, *g: [scaled(p) for p in rule(op, *g)])
    with pytest.raises(ExportError, match=rf"operation {kind}.* differs from TensorFlow's by 0.01"):
        arithmetic.check_arithmetic([task], InTensorFlow(), METADATA, {}, [SOUND])


def test_a_runtime_that_is_wrong_is_told_apart(task):
    writer = InTensorFlow()
    writer.scale = 1.01
    with pytest.raises(ExportError, match="differs in its runtime by 0.01 of it.*arithmetic"):
        arithmetic.check_arithmetic([task], writer, METADATA, {}, [SOUND])


def test_nothing_is_compared_where_there_is_no_dream(task):
    classify = find_tasks(make_classifier(), ["classify"])
    assert arithmetic.check_arithmetic(classify, InTensorFlow(), METADATA, {}, [SOUND]) == {}
    assert arithmetic.check_arithmetic([task], FormatWriter(), METADATA, {}, [SOUND]) == {}


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_a_network_of_16_bits_is_copied_in_float32(policy):
    from keras_sounddream.export.precision import in_float32

    keras.utils.set_random_seed(0)
    inputs = keras.Input((8,))
    x = keras.layers.Dense(4, dtype=policy, activation="relu")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2, dtype=policy)(x))
    model.sample_rate = RATE
    copy = in_float32(model)
    assert {layer.compute_dtype for layer in copy.layers} == {"float32"}
    assert copy.sample_rate == RATE
    wanted = model(tf.ones((1, 8)))
    assert float(tf.reduce_max(tf.abs(copy(tf.ones((1, 8))) - tf.cast(wanted, "float32")))) < 0.05
    assert in_float32(copy) is copy


def test_a_model_within_a_model_of_16_bits_is_named():
    from keras_sounddream.export.precision import in_float32

    inputs = keras.Input((8,))
    inner = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, dtype="mixed_float16")])
    model = keras.Model(inputs, inner(inputs), name="outer")
    with pytest.raises(ExportError, match="outer computes in float16.*rebuild it in float32"):
        in_float32(model)


def test_a_missing_runtime_is_known_before_any_work(task, tmp_path, monkeypatch):
    import importlib
    import sys

    module = importlib.import_module("keras_sounddream.export.writer")
    monkeypatch.setattr(module, "find_tasks", lambda *_: pytest.fail("worked"))
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    with pytest.raises(ImportError, match=r"ai-edge-litert.*--no-verify|--no-verify.*ai-edge-lit"):
        export_model(task.model, tmp_path / "a.tflite", seconds=1)
