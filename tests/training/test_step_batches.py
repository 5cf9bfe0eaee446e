"""Batches by the number of their step: numbering, order, pipeline, and the draws themselves."""

import keras
import numpy as np
import pytest

from keras_sounddream.applications.wavenet.config import WaveNetConfig
from keras_sounddream.datasets.corpus import hold_sounds
from keras_sounddream.training import AugmentedCrops, BalancedBatches, StepBatches
from keras_sounddream.training.distillation.dataset import VideoWindow, VideoWindows
from keras_sounddream.training.wavenet import Segments, WholeSounds

LENGTHS = (90, 40, 70, 60, 35, 80)
PLAN = WaveNetConfig(sample_rate=8000, dilations=(1, 2), conditions={"tone": ("high", "low")})


class Numbers(StepBatches):
    """The numbers from 0 to 9, three per step."""

    steps_per_epoch = 3

    def batch(self, step):
        epoch, index = self.position(step)
        return (self.order(epoch, 10)[3 * index : 3 * index + 3].astype("float32"),)


def augmented(tmp_path):
    rng = np.random.default_rng(0)
    stored = [[rng.random((30, 8)).astype("float32") + 0.1] * 2 for _ in range(7)]
    return AugmentedCrops(stored, [0, 1, 2, 0, 1, 2, 0], 3, 12, epochs=3, batch_size=2, seed=4)


def balanced(tmp_path):
    spectrograms = np.random.default_rng(0).random((9, 10, 4)).astype("float32")
    return BalancedBatches(spectrograms, [0, 1, 2] * 3, 3, 5, batch_size=7, crop_frames=6, seed=4)


def video_windows(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "video.npz"
    np.savez(
        path,
        sound=rng.integers(-9, 9, (6, 20)).astype("int16"),
        said_places=rng.random((6, 3)).astype("float32"),
    )
    windows = [VideoWindow(path, first) for first in range(5)]
    return VideoWindows(windows, ["places"], 2, epochs=2, batch_size=2, seed=4)


def corpus():
    rng = np.random.default_rng(0)
    waveforms = [rng.uniform(-1, 1, length).astype("float32") for length in LENGTHS]
    return hold_sounds(waveforms, 8000, {"tone": ["high", "low", "low"] * 2})


def segments(tmp_path):
    return Segments(corpus(), PLAN, 16, 3, seed=4, starts=0.3)


def whole_sounds(tmp_path):
    return WholeSounds(corpus(), PLAN, (48, 96), 2, seed=4, tail=5)


MAKERS = {
    maker.__name__: maker for maker in (augmented, balanced, video_windows, segments, whole_sounds)
}


@pytest.fixture(params=MAKERS)
def make(request, tmp_path):
    return lambda: MAKERS[request.param](tmp_path)


def assert_equal(first, second):
    arrays, others = map(keras.tree.flatten, (first, second))
    assert len(arrays) == len(others)
    for array, other in zip(arrays, others, strict=True):
        np.testing.assert_array_equal(array, other)


def differ(first, second):
    pairs = zip(keras.tree.flatten(first), keras.tree.flatten(second), strict=True)
    return any(not np.array_equal(one, other) for one, other in pairs)


def test_another_object_draws_the_same_batches(make):
    one, other = make(), make()
    for step in reversed(range(len(one))):
        assert_equal(one.batch(step), other.batch(step))


def test_the_length_counts_the_steps_that_are_left(make):
    batches = make()
    total = batches.epochs * batches.steps_per_epoch
    assert len(batches) == total > 1
    batches.first_step = 1
    assert len(batches) == total - 1
    assert_equal(batches[0], make().batch(1))


def test_another_seed_draws_other_batches(make):
    one, other = make(), make()
    other.seed += 1
    assert any(differ(one.batch(step), other.batch(step)) for step in range(len(one)))


def test_another_epoch_has_another_order(make):
    batches = make()
    epoch = batches.steps_per_epoch
    assert any(differ(batches.batch(step), batches.batch(step + epoch)) for step in range(epoch))


def test_the_pipeline_gives_the_batches_in_order(make):
    batches = make()
    found = list(batches.dataset(1, 3).as_numpy_iterator())
    assert len(found) == 3
    for step, batch in enumerate(found, start=1):
        assert_equal(batch, batches.batch(step))


def test_the_pipeline_knows_the_shapes(tmp_path):
    inputs, targets, weights = segments(tmp_path).dataset().element_spec
    assert inputs["waveform"].shape == (3, PLAN.lead - 1 + 16)
    assert targets.shape == weights.shape
    inputs, targets, weights = whole_sounds(tmp_path).dataset().element_spec
    assert inputs["waveform"].shape.as_list() == targets.shape.as_list() == [2, None]
    assert inputs["tone"].shape == (2,)


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        (None, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (0, np.random.default_rng((0, 1)).permutation(10)),
        (7, np.random.default_rng([7, 1]).permutation(10)),
    ],
)
def test_the_order_of_an_epoch_is_that_of_seed_and_epoch(seed, expected):
    np.testing.assert_array_equal(Numbers(seed=seed).order(1, 10), expected)


def test_steps_are_numbered_through_all_epochs():
    batches = Numbers(epochs=4, seed=None)
    assert [batches.position(step) for step in (0, 2, 3, np.int64(11))] == [
        (0, 0),
        (0, 2),
        (1, 0),
        (3, 2),
    ]
    np.testing.assert_array_equal(batches[4][0], [3, 4, 5])


def test_keras_fits_to_them_as_they_are():
    seen = []

    class Pairs(Numbers):
        def batch(self, step):
            seen.append(step)
            return np.ones((2, 1), "float32"), np.full((2, 1), step, "float32")

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    batches = Pairs(epochs=2)
    batches.first_step = 3
    model.fit(batches, epochs=1, steps_per_epoch=3, shuffle=False, verbose=0)
    assert sorted(set(seen)) == [3, 4, 5]


@pytest.mark.parametrize("missing", ["batch", "steps_per_epoch"])
def test_a_subclass_defines_both(missing):
    members = {"batch": lambda self, step: (), "steps_per_epoch": 1}
    del members[missing]
    with pytest.raises(TypeError, match=missing):
        type("Half", (StepBatches,), members)()


# These were drawn before the five had a base class: interrupted runs must go on as they began.
SEGMENTS_5 = [1, 20, 24]
WHOLE_1 = [1, 1]
WINDOWS_3 = [3, 6]
BALANCED_2 = 0.8631789088249207
AUGMENTED_4 = [[0.8084616, 0.0, 0.1915384], [0.0, 0.0, 1.0]]


def test_the_draws_of_the_classes_stay(tmp_path):
    assert segments(tmp_path).members(5).tolist() == SEGMENTS_5
    assert whole_sounds(tmp_path).batch(1)[0]["tone"].tolist() == WHOLE_1
    rows = video_windows(tmp_path).batch(3)[0][:, 0] * 32768
    np.testing.assert_array_equal(rows, WINDOWS_3)
    assert balanced(tmp_path).batch(2)[0][0, 0, 0] == pytest.approx(BALANCED_2)
    np.testing.assert_allclose(augmented(tmp_path).batch(4)[1], AUGMENTED_4, atol=1e-6)
