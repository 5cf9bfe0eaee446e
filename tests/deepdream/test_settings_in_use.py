"""Ways of ascent, presets, optimizers, batches of unequal sounds, and callbacks."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_sounddream import DeepDream, InputError, objectives
from keras_sounddream.deepdream.ascent.updates import (
    NORMALIZATIONS,
    SMOOTHINGS,
    gaussian,
    laplacian,
)
from keras_sounddream.deepdream.callbacks import Callback, EarlyStop
from keras_sounddream.deepdream.presets import PRESETS

OBJECTIVE = objectives.layer("conv2")
WAYS = [
    {"parameterization": "log_magnitude"},
    {"momentum": 0.8, "step_size": 1.0},
    {"scale": 0.1},
    {"precision": "bfloat16"},
    {"source_mix": 0.3},
    {"normalize_over": "tile", "tile_seconds": 0.5},
    *({"normalization": name, "step_size": 0.05} for name in NORMALIZATIONS if name != "none"),
    {"normalization": "none", "step_size": 40.0, "parameterization": "log_magnitude"},
    *({"smoothing": name, "smoothing_width": (0.5, 1.0)} for name in SMOOTHINGS),
    *({"preset": name, "octaves": 2, "steps": 3} for name in PRESETS),
]


@pytest.mark.parametrize("settings", WAYS, ids=str)
def test_each_way_raises_the_objective_and_is_kept(small_model, chirp, settings):
    dream = DeepDream(small_model, OBJECTIVE, **{"octaves": 2, "steps": 3, **settings})
    result = dream.run(chirp)
    assert result.gain[0] > 1.001
    assert result.retained[0] == pytest.approx(1, abs=0.05)
    again = DeepDream.from_config(dream.get_config())
    assert again.settings == dream.settings
    np.testing.assert_allclose(dream(chirp), result.waveform, atol=2e-3)


def test_a_mask_changes_no_bin_by_more_than_it_may(small_model, chirp):
    settings = {"mask_db": 3.0, "fall_db": 3.0, "octaves": 1, "steps": 20}
    dream = DeepDream(small_model, OBJECTIVE, **settings)
    param = dream.param
    state = param.begin(tf.constant(chirp))
    far = {**state, "variable": param.project(tf.sign(state["start"]) * 100.0, state)}
    gain = np.log10(
        np.mean(np.square(param.make({**far, "level": state["level"]}))) / np.mean(np.square(chirp))
    )
    assert abs(10 * gain) < 0.1  # the level is held, whatever the filter does
    change = dream.run(chirp)
    loud = change.spectrogram_before > change.spectrogram_before.max() - 20
    moved = np.abs(change.spectrogram_after - change.spectrogram_before)[loud]
    assert np.median(moved) < 3.5


@pytest.mark.parametrize("optimizer", ["adam", keras.optimizers.RMSprop(0.3), "sgd"])
def test_any_optimizer_of_keras_ascends(small_model, chirp, optimizer):
    dream = DeepDream(small_model, OBJECTIVE, octaves=2, steps=4)
    plain = dream.run(chirp)
    if isinstance(optimizer, str):
        optimizer = keras.optimizers.get(
            {"class_name": optimizer, "config": {"learning_rate": 0.2}}
        )
    dream = DeepDream(small_model, OBJECTIVE, octaves=2, steps=4)
    dream.compile(optimizer=optimizer)
    result = dream.run(chirp)
    assert result.gain[0] > 1.05
    assert result.waveform.tobytes() != plain.waveform.tobytes()
    np.testing.assert_array_equal(result.waveform, dream.run(chirp).waveform)
    called = dream.score(dream(chirp))
    np.testing.assert_allclose(called, result.objective_real, rtol=0.05)
    for traced in (tf.function(dream), lambda clip: dream.predict(clip, verbose=0)):
        with pytest.raises(InputError, match="which `predict` and .* do not tell: use `run`"):
            traced(chirp)


def test_unequal_sounds_and_objectives_in_one_batch(small_model, chirp):
    objective = objectives.channel("conv1", 1) + objectives.layer("conv2")
    dream = DeepDream(small_model, objective, octaves=2, steps=2)
    lengths, weights = [24000, 9000, 14321], [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]
    clips = np.zeros((3, 24000), "float32")
    for row, length in enumerate(lengths):
        clips[row, :length] = chirp[0, :length] * (0.2 + 0.3 * row)
    batch = {
        "waveform": clips,
        "num_samples": np.array(lengths),
        "weights": np.array(weights, "float32"),
    }
    together = dream.predict(tf.data.Dataset.from_tensor_slices(batch).batch(3), verbose=0)
    assert together.shape == (3, 24000)
    for row, length in enumerate(lengths):
        alone = dream.run(clips[row, :length], weights=[weights[row]]).waveform[0]
        np.testing.assert_allclose(together[row, :length], alone, atol=2e-3)
        assert not together[row, length:].any()
    one = DeepDream(small_model, objectives.layer("conv2"), octaves=2, steps=2)
    np.testing.assert_allclose(together[1, :9000], one.run(clips[1, :9000]).waveform[0], atol=2e-3)


class Listener(Callback):
    def __init__(self):
        self.calls, self.scores = [], []

    def on_dream_begin(self, logs):
        self.calls.append("begin")
        assert logs["source"].shape == (1, 24000)

    def on_octave_begin(self, octave, logs):
        self.calls.append(f"octave {octave}")
        assert logs["dream"].shape == (1, 24000)

    def on_step_end(self, step, logs):
        self.calls.append(step)
        self.scores.append(logs["objective"][0])
        assert logs["make"]().shape == (1, 24000)

    def on_octave_end(self, octave, logs):
        self.calls.append(f"end {octave}")

    def on_dream_end(self, logs):
        self.calls.append("end")
        self.dreamed = logs["dream"]


def test_callbacks_hear_everything_and_change_nothing(small_model, chirp):
    dream, listener = DeepDream(small_model, OBJECTIVE, octaves=2, steps=2), Listener()
    result = dream.run(chirp, callbacks=[listener])
    assert listener.calls == ["begin", "octave 0", 0, 1, "end 0", "octave 1", 2, 3, "end 1", "end"]
    np.testing.assert_array_equal(listener.scores, result.objective[:, 0])
    np.testing.assert_array_equal(listener.dreamed, result.waveform)
    np.testing.assert_allclose(dream.run(chirp).waveform, result.waveform, atol=1e-4)


def test_early_stop_ends_an_octave_that_has_flattened(small_model, chirp):
    dream = DeepDream(small_model, OBJECTIVE, octaves=2, steps=30, step_size=0.001)
    result = dream.run(chirp, callbacks=[EarlyStop(patience=3, least_rise=0.5)])
    assert len(result.objective) == 2 * 4


def test_smoothing_is_a_gaussian_and_a_pyramid(rng):
    impulse = np.zeros((1, 41, 41), "float32")
    impulse[0, 20, 20] = 1
    smooth = np.asarray(gaussian(impulse, 2.0))[0]
    offsets = np.arange(-20, 21)
    wanted = np.exp(-(offsets**2) / 8)
    np.testing.assert_allclose(smooth[20] / smooth[20, 20], wanted, atol=1e-6)
    even = np.asarray(gaussian(np.ones((1, 30, 30, 3), "float32"), 3.0))
    np.testing.assert_allclose(even, 1, atol=1e-6)  # edges do not fade
    noise = rng.normal(size=(1, 64, 64)).astype("float32")
    low, high = (
        np.abs(np.fft.fft2(np.asarray(x)[0]))[:4, :4].mean() for x in (noise, laplacian(noise, 1.0))
    )
    assert high > 2 * low  # the coarse bands of noise are weak; the pyramid lifts them


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"preset": "wild"}, "`preset` must be one of gentle, vivid, natural_dreams, tutorial"),
        (
            {"parameterization": "phase"},
            "`parameterization` must be one of mask, log_magnitude. Received: 'phase'",
        ),
        ({"normalization": "l1"}, "`normalization` must be one of bounded, deviation"),
        ({"smoothing": "box"}, "`smoothing` must be one of none, gaussian"),
        (
            {"smoothing_width": (1.0, 9.0)},
            "`smoothing_width` must be a pair of numbers from 0",
        ),
        ({"smoothing_width": (1.0,)}, "`smoothing_width` must be a pair"),
        ({"source_mix": 1.0}, "`source_mix` must be at least 0 and at most 0.99"),
        ({"momentum": 1.0}, "`momentum` must be at least 0 and at most 0.99"),
        ({"scale": 0.9}, "`scale` must be at least 0 and at most 0.5"),
        ({"precision": "float16"}, "`precision` must be one of float32, bfloat16"),
        ({"mask_db": -1}, "`mask_db` must be at least 0 and at most 120"),
        ({"fall_db": "much"}, "`fall_db` must be at least 0 and at most 120"),
        ({"strength": 1.5}, "`strength` must be at least 0 and at most 1"),
        ({"tile_seconds": -1.0}, "`tile_seconds` must be at least 0"),
        ({"stepsize": 1.0}, "A dream has no setting 'stepsize'. It has: strength, octaves"),
    ],
)
def test_bad_settings(small_model, settings, message):
    with pytest.raises(InputError) as caught:
        DeepDream(small_model, OBJECTIVE, **settings)
    assert message in str(caught.value)
