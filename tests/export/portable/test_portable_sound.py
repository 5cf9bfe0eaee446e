"""The dream that is exported: DeepDream's own numbers, in LiteRT and ONNX Runtime too."""

import numpy as np
import pytest
import tensorflow as tf
from runtimes import run_lite, run_onnx

from keras_sounddream import DeepDream, InputError, objectives
from keras_sounddream.audio import Analysis
from keras_sounddream.export.portable import sound as portable

ANALYSIS = Analysis(sample_rate=24000, frame_seconds=0.02, step_seconds=0.01)
LENGTH = 12000


@pytest.fixture
def sound(chirp, rng):
    noise = rng.normal(0, 0.02, (1, LENGTH))  # no bin is silent, or rounding decides its phase
    return (chirp[:, :LENGTH] + noise).astype("float32")


def make(model, **settings):
    objective = objectives.layer("conv2") - 0.1 * objectives.l2_to_source()
    return DeepDream(model, objective, analysis=ANALYSIS, **settings)


SETTINGS = {
    "a step": {"octaves": 1, "steps": 1},
    "octaves": {"octaves": 3, "steps": 1, "momentum": 0.5, "source_mix": 0.2},
    "a spectrogram": {"octaves": 1, "steps": 2, "parameterization": "log_magnitude"},
    "smoothed": {"octaves": 1, "steps": 2, "smoothing": "gaussian", "roll_seconds": 0.0},
}


@pytest.mark.parametrize("samples", [LENGTH, None])
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_a_portable_dream_is_the_dream(small_model, sound, settings, samples):
    dream, spec = make(small_model, **settings), [tf.TensorSpec((1, samples))]
    whole = portable.make_dream(dream, samples)
    found = tf.function(whole, input_signature=spec, autograph=False)(sound)
    np.testing.assert_allclose(found, dream(sound), atol=1e-3 * np.abs(sound).max())


@pytest.mark.parametrize("run", [run_lite, lambda *arguments: run_onnx(*arguments, fixed=True)])
@pytest.mark.parametrize("settings", [SETTINGS["a step"], SETTINGS["octaves"]])
def test_a_dream_in_other_runtimes(small_model, sound, settings, run):
    dream = make(small_model, **settings)
    found = run(portable.make_dream(dream, LENGTH), sound)
    np.testing.assert_allclose(found, dream(sound), atol=1e-3 * np.abs(sound).max())


def test_the_phase_is_renewed(small_model, sound):
    dream = make(small_model, octaves=1, steps=4, parameterization="log_magnitude")
    objective = [
        dream.score(tf.function(portable.make_dream(dream, LENGTH, steps))(sound)).numpy()
        for steps in (10, 2)
    ]
    assert abs(objective[0] - objective[1]) > 1e-4 * objective[0]
    assert min(objective) > dream.score(sound)


def test_rolls_are_tensorflows(rng):
    x = rng.normal(size=(1, 9)).astype("float32")
    for shift in (-13, -4, 0, 3, 9, 22):
        found = tf.function(lambda x, shift=shift: portable._rolled(x, tf.constant(shift)))(x)
        np.testing.assert_array_equal(found, np.roll(x, shift, axis=1))


@pytest.mark.parametrize(("settings", "reason"), [({"scale": 0.1}, "with scale")])
def test_what_has_no_portable_form_is_refused(small_model, settings, reason):
    with pytest.raises(InputError, match=reason):
        portable.make_dream(make(small_model, **settings), LENGTH)


def test_an_optimizer_has_no_portable_form(small_model):
    dream = make(small_model)
    dream.compile("adam")
    with pytest.raises(InputError, match="by an optimizer of Keras's"):
        portable.make_dream(dream, LENGTH)
