"""Balanced batches, the learning rate's rule, and what TensorBoard is told of the layers."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_sounddream import InputError
from keras_sounddream.training import callbacks
from keras_sounddream.training.balanced_batches import BalancedBatches


def make_batches(rng, **arguments):
    labels = np.repeat([0, 1, 2], [3, 30, 7])
    spectrograms = rng.normal(size=(40, 12, 4)).astype("float32")
    spectrograms[:, :, 0] = labels[:, None]
    spectrograms[:, :, 1] = np.arange(12)
    settings = {"steps": 6, "batch_size": 17, "seed": 1, **arguments}
    return BalancedBatches(spectrograms, labels, 3, **settings)


def test_every_class_has_as_many_clips_in_a_batch(rng):
    batches = make_batches(rng)
    for examples, targets in (batches[i] for i in range(6)):
        assert examples.shape == (15, 12, 4)
        np.testing.assert_array_equal(targets.sum(axis=0), [5, 5, 5])
        np.testing.assert_array_equal(examples[:, 0, 0], targets.argmax(axis=1))


def test_a_step_is_drawn_alike_wherever_the_run_begins(rng):
    batches = make_batches(rng)
    fourth = batches[3]
    assert len(batches) == 6
    batches.first_step = 3
    assert len(batches) == 3
    np.testing.assert_array_equal(batches[0][0], fourth[0])
    assert not np.array_equal(batches[1][0], fourth[0])


def test_crops_are_whole_pieces_from_everywhere(rng):
    batches = make_batches(rng, crop_frames=5)
    starts = set()
    for examples, _ in (batches[i] for i in range(6)):
        assert examples.shape == (15, 5, 4)
        assert np.all(np.diff(examples[:, :, 1], axis=1) == 1)
        starts |= set(examples[:, 0, 1])
    assert starts == set(range(8))


@pytest.mark.parametrize(
    ("labels", "batch_size", "message"),
    [([0, 0, 2], 10, r"clips of every class to train on. Received: \[2 0 1\]"),
     ([0, 1, 2], 2, "`batch_size` must be at least 3, the number of classes. Received: 2")],
)  # fmt: skip
def test_what_cannot_be_balanced_is_named(labels, batch_size, message):
    with pytest.raises(InputError, match=message):
        BalancedBatches(np.zeros((3, 2, 2)), labels, 3, 1, batch_size)


def drop_with(accuracies, folder, first=0, every=100):
    """Steps at which the learning rate was low, from a run told these accuracies."""
    rule = callbacks.LearningRateDrop(folder, low=0.1, every=every)
    optimizer = types.SimpleNamespace(learning_rate=1.0)
    rule.set_model(types.SimpleNamespace(optimizer=optimizer))
    rule.set_params({"epochs": first + len(accuracies)})
    low = []
    for step, accuracy in enumerate(accuracies, start=first):
        rule.on_epoch_begin(step)
        rule.on_epoch_end(step, {"accuracy": accuracy})
        low += [step] if optimizer.learning_rate < 1 else []
    return low


def test_the_rate_of_several_devices_drops_and_is_told(tmp_path, rng, monkeypatch):
    monkeypatch.setattr(callbacks, "_WINDOW", 2)
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        inputs = keras.Input((12, 4))
        model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
        model.compile(keras.optimizers.SGD(0.5))
        model.optimizer.build(model.trainable_variables)
    rule = callbacks.LearningRateDrop(tmp_path, low=0.1, every=9)
    told = callbacks.LayerSummaries(tmp_path / "told", make_batches(rng), every=9)
    for each in (rule, told):
        each.set_model(model)
        each.set_params({"epochs": 9})
        each.on_train_begin()
    for step, rate in enumerate((0.5, 0.1), start=1):
        rule.on_epoch_begin(step - 1)
        rule.on_epoch_end(step - 1, {"accuracy": 0.9})
        told.on_epoch_end(step)
        assert float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)) == np.float32(rate)


def test_the_rate_drops_once_a_full_window_is_right_often_enough(tmp_path):
    assert drop_with([1.0] * 199, tmp_path) == []
    assert drop_with([1.0] * 201, tmp_path) == [199, 200]
    # 100 wrong, then right: 0.7 is exceeded when 141 of 200 are right
    assert drop_with([0.0] * 100 + [1.0] * 200, tmp_path)[0] == 240
    assert drop_with([0.7] * 300, tmp_path) == []
    assert drop_with([1.0] * 200 + [0.0] * 300, tmp_path) == list(range(199, 500))  # for good


def test_the_window_outlasts_an_interruption(tmp_path):
    assert drop_with([1.0] * 150, tmp_path) == []  # saved at 100, and at the end
    assert drop_with([1.0] * 100, tmp_path, first=150) == list(range(199, 250))
    assert drop_with([1.0] * 150, tmp_path, first=50) == [199]  # an older state: less is known


def test_layers_are_summarised_as_the_original_named_them(tmp_path, rng):
    inputs = keras.Input((None, 4))
    x = keras.layers.Reshape((-1, 4, 1))(inputs)
    x = keras.layers.Conv2D(2, 3, activation="leaky_relu", name="conv1")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, keras.layers.Dense(3, name="fc1")(x))
    model.compile("sgd", "mse")
    callback = callbacks.LayerSummaries(tmp_path, make_batches(rng), every=2)
    callback.set_model(model)
    callback.on_train_begin()
    for step in range(3):
        callback.on_epoch_end(step, {"accuracy": 0.5, "loss": 2.0, "val_loss": 3.0})
    callback.on_train_end()
    found = events(tmp_path)
    assert found["accuracy"] == {0: 0.5, 1: 0.5, 2: 0.5}
    assert found["cross_entropy"][1] == 2
    assert found["validation_cross_entropy"][2] == 3
    kernel = np.asarray(model.get_layer("conv1").kernel)
    assert found["conv1/conv_kernel/stddev"] == {
        step: pytest.approx(kernel.std()) for step in (0, 2)
    }
    expected = {
        "conv1/conv_kernel",
        "conv1/conv_bias",
        "conv1/convolution",
        "fc1/fc_weights",
        "fc1/fc_bias",
    }
    for name in expected:
        assert {f"{name}/{tag}" for tag in ("mean", "stddev", "max", "min", "histogram")} <= set(
            found
        )
    assert {"conv1/pre_activations_conv", "fc1/pre_activations_fc"} <= set(found)


def events(folder):
    """What TensorBoard's files hold: tag to step to value."""
    from tensorflow import make_ndarray
    from tensorflow.core.util import event_pb2
    from tensorflow.data import TFRecordDataset

    found = {}
    for path in folder.rglob("events*"):
        for record in TFRecordDataset(str(path)):
            event = event_pb2.Event.FromString(record.numpy())
            for value in event.summary.value:
                array = make_ndarray(value.tensor)
                found.setdefault(value.tag, {})[event.step] = array.item() if array.ndim == 0 else 0
    return found
