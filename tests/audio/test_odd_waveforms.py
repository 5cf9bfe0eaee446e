"""Odd arrays: one rule for layout and scale, wherever waveforms are taken."""

import contextlib
import warnings

import numpy as np
import pytest
import tensorflow as tf

from keras_sounddream import InputError, applications
from keras_sounddream.applications import classify, sound_scores
from keras_sounddream.applications.preprocessing import prepare
from keras_sounddream.audio import waveforms
from keras_sounddream.deepdream import call_inputs, imprint
from keras_sounddream.errors import InputWarning
from keras_sounddream.lite.length_variants import check_waveform
from keras_sounddream.training.transfer import layer_activations

RATE = 8000
NOISE = np.random.default_rng(0).uniform(-0.5, 0.5, (1, 400, 2)).astype("float32")
TONE = np.sin(np.arange(400)).astype("float32")
STEREO = np.stack([TONE, TONE], axis=-1)[None]
FAR = "The peak is .*: divide by the largest value of their type, 32768 for 16-bit samples"
FINITE = "finite numbers"
FIRST = r"looks like \(batch, channels, samples\): use waveform.transpose\(0, 2, 1\)"

# name → array, shape of the result or error, and warning
ODD = {
    "mono": (TONE, (1, 400), None),
    "a batch": (NOISE[..., 0], (1, 400), None),
    "a list": ([0.1, -0.2], (1, 2), None),
    "channels last": (NOISE, (1, 400), None),
    "as many channels as samples": (NOISE[:, :2], (1, 2), None),
    "32 channels": (np.zeros((1, 40, 32)), (1, 40), None),
    "channels first": (NOISE.transpose(0, 2, 1), FIRST, None),
    "a batch, channels first": (np.zeros((5, 1, 400)), FIRST, None),
    "33 channels": (np.zeros((1, 400, 33)), FIRST, None),
    "one sample of two channels": (np.zeros((1, 1, 2)), FIRST, None),
    "samples and channels": (NOISE[0], r"looks like \(samples, channels\)", None),
    "a large batch of short sounds": (np.zeros((400, 33)), (400, 33), None),
    "single samples": (np.zeros((400, 1)), (400, 1), None),
    "four axes": (np.zeros((1, 4, 1, 1)), "Received shape", None),
    "a number": (0.5, "Received shape", None),
    "nothing": ([], "Received shape", None),
    "no sound of a batch": (np.zeros((0, 9)), "Received shape", None),
    "no channel": (np.zeros((1, 9, 0)), "Received shape", None),
    "text": ("a.wav", "an array of numbers. Received: str", None),
    "none": (None, "an array of numbers. Received: NoneType", None),
    "bytes": (b"abc", "an array of numbers. Received: bytes", None),
    "complex": (TONE * 1j, "an array of numbers", None),
    "lists of two lengths": ([[0.1], [0.1, 0.2]], "an array of numbers", None),
    "objects": (np.array([None, 1]), "an array of numbers", None),
    "nan": ([0.1, np.nan], FINITE, None),
    "inf": ([0.1, np.inf], FINITE, None),
    "all inf": (np.full(9, -np.inf), FINITE, None),
    "nan in a channel": (np.where(NOISE > 0.4, np.nan, NOISE), FINITE, None),
    "inf in float16": (np.array([0.1, np.inf], "float16"), FINITE, None),
    "1e30": ([0.1, 1e30], FAR, None),
    "3e38": (np.full(9, 3e38, "float32"), FAR, None),
    "3e38 in two channels": (np.full((1, 9, 2), 3e38, "float32"), FAR, None),
    "1e300": ([0.1, -1e300], FAR, None),
    "65504 in float16": (np.array([65504], "float16"), FAR, None),
    "16 bits as floats": (TONE * 32767, FAR, None),
    "24 bits as floats": (TONE * 2**23, FAR, None),
    "8 bits as floats": (TONE * 127, FAR, None),
    "just too loud": ([8.01], FAR, None),
    "a hot master": (TONE * 7.9, (1, 400), None),
    "denormals": (np.full(9, 1e-40), (1, 9), None),
    "minus zero": (np.full(9, -0.0), (1, 9), None),
    "int16": ((TONE * 32767).astype("int16"), "Received int16, up to", None),
    "the least int16": (np.array([-32768], "int16"), "Received int16, up to 32768", None),
    "the least int64": (np.array([-(2**63)], "int64"), "Received int64", None),
    "uint8": (np.array([128, 255], "uint8"), "Received uint8", None),
    "int8 of ones": (np.array([1, 0, -1], "int8"), (1, 3), None),
    "bool": (TONE > 0, "an array of numbers. Received: ndarray of bool", None),
    "float64": (TONE.astype("float64"), (1, 400), None),
    "big endian": (TONE.astype(">f4"), (1, 400), None),
    "strided": (np.repeat(TONE, 2)[::2], (1, 400), None),
    "read only": (np.broadcast_to(np.float32(0.1), (1, 99)), (1, 99), None),
    "fortran order": (np.asfortranarray(NOISE), (1, 400), None),
    "masked": (np.ma.masked_array(TONE, TONE > 0.9), (1, 400), None),
    "a tensor": (tf.constant(TONE), (1, 400), None),
    "equal channels": (STEREO, (1, 400), None),
    "antiphase": (STEREO * [[1, -1]], (1, 400), "The channels of the waveform cancel in mono"),
    "nearly antiphase": (STEREO * [[1, -0.95]], (1, 400), "cancel in mono"),
    "partly antiphase": (STEREO * [[1, -0.8]], (1, 400), None),
    "antiphase in a batch": (
        np.concatenate([STEREO, STEREO * [[1, -1]]]), (2, 400), "channels of sound 1 cancel",
    ),
    "one channel alone": (STEREO * [[1, 0]], (1, 400), None),
    "silent channels": (np.zeros((1, 99, 2)), (1, 99), None),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_an_array_is_a_waveform_or_one_error(name):
    given, expected, warning = ODD[name]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if isinstance(expected, str):
            with pytest.raises(InputError, match=expected) as error:
                prepare(given, RATE, RATE, 0)
            assert "\n" not in str(error.value)
        else:
            prepared = prepare(given, RATE, RATE, 0)
            assert (prepared.shape, prepared.dtype) == (expected, np.float32)
            assert np.isfinite(prepared).all()
    assert [each.category for each in caught] == [InputWarning] * (warning is not None)
    if warning:
        with pytest.warns(InputWarning, match=warning):
            prepare(given, RATE, RATE, 0)


@pytest.mark.parametrize("name", ODD)
def test_lite_and_dreams_take_no_more_than_that(name):
    given, expected, _ = ODD[name]
    param = type("Param", (), {"kind": "sound", "analysis": type("A", (), {"frame_length": 1})})
    for take in (check_waveform, lambda array: call_inputs.read(array, param, 1)):
        if isinstance(expected, str) and name != "no sound of a batch":
            with pytest.raises(InputError) as caught:
                take(given)
            assert "\n" not in str(caught.value)
        else:
            with contextlib.suppress(InputError):  # of other shapes and types than these two take
                take(given)


@pytest.mark.parametrize("name", ["1e30", "3e38", "1e300", "16 bits as floats", "just too loud"])
def test_what_is_far_over_full_scale_is_named_alike(name):
    with pytest.raises(InputError, match=FAR):
        check_waveform(np.asarray(ODD[name][0], "float64"))


WRONG = {  # name → sound of two seconds or so, and the error
    "16 bits as floats": (np.tile(TONE * 16384, 40), "The peak .*is 1.6.*e.04: divide by"),
    "int16": (np.tile((TONE * 16384).astype("int16"), 40), "divide by the largest value"),
    "channels first": (
        np.tile(STEREO, (1, 40, 1)).transpose(0, 2, 1),
        "|".join((FIRST, "samples")),
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("samples", [None, 8000])
def test_every_function_of_a_model_holds_to_the_rule(samples, wrong):
    """Models of any length, and of one, whose sounds are cut without preprocessing."""
    waveform, message = WRONG[wrong]
    model = applications.LogMelCNN(weights=None, input_shape=(samples,))
    batch = waveform if waveform.ndim > 1 else waveform[np.newaxis]
    for take in (
        lambda: model.preprocess_input(waveform, RATE),
        lambda: layer_activations(model, "pooled", [waveform], progress=False),
        lambda: sound_scores.score_sound(model, batch),
        lambda: sound_scores.score_sound(model, batch, by_step=True),
        lambda: classify.score_waveform(model, batch),
    ):
        with pytest.raises(InputError, match=message) as caught:
            take()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["LogMelCNN", "SoundNet5", "UrbanSoundCNN", "WaveNet", "YAMNet"])
@pytest.mark.parametrize("wrong", WRONG)
def test_every_family_holds_to_the_rule(name, wrong):
    waveform, message = WRONG[wrong]
    with pytest.raises(InputError, match=message):
        applications.find(name)[1].preprocess_input(waveform, RATE)


def test_a_guide_is_a_sound_as_well():
    with pytest.raises(InputError, match="The peak of a guide is 1.6.*e.04: divide by"):
        imprint.fitted(TONE * 16384, 400)


@pytest.mark.parametrize(
    ("peaks", "names_it"),
    [([0.0], True), ([0.0, 2e-5], True), ([0.0, 4e-5], False), ([0.5], False)],
)
def test_silence_alone_is_nothing_to_train_on(peaks, names_it):
    if names_it:
        with pytest.raises(InputError, match=f"all {len(peaks)} are digital silence"):
            waveforms.check_audible(peaks)
    else:
        waveforms.check_audible(peaks)
