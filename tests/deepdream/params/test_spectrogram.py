"""The spectrogram parameterisation: dither, moves, phase, level, and what it refuses."""

import numpy as np
import pytest
import tensorflow as tf

from keras_sounddream import InputError
from keras_sounddream.audio import Analysis
from keras_sounddream.audio.loudness import rms
from keras_sounddream.deepdream.params.spectrogram import SpectrogramParam, draw_dither
from keras_sounddream.deepdream.settings import choose


def param(transform="fft", **settings):
    return SpectrogramParam(choose("sound", **settings), Analysis(), transform=transform)


def test_moves_come_round(rng):
    waveform = rng.normal(size=(2, 100)).astype("float32")
    moved = param().move(waveform, tf.constant([7]))
    np.testing.assert_array_equal(moved, np.roll(waveform, 7, axis=1))


def test_dither_is_at_the_last_bit_and_alike_for_every_example():
    silence = np.zeros((2, 50000), "float32")
    noise = param(seed=0).dither(silence).numpy()
    np.testing.assert_allclose(noise.std() * 32768, 1, atol=0.02)
    np.testing.assert_array_equal(noise[0], noise[1])
    assert param(seed=1).dither(silence).numpy().tobytes() != noise.tobytes()


def test_dither_repeats_a_table_that_does_not_depend_on_the_length():
    dither = param(seed=4).dither
    longer, shorter = (dither(np.zeros((1, n), "float32")).numpy() for n in (140000, 99))
    table = draw_dither(4).numpy()
    np.testing.assert_array_equal(longer, np.resize(table, longer.shape))
    np.testing.assert_array_equal(shorter, table[:, :99])


@pytest.mark.parametrize("transform", ["fft", "dft"])
@pytest.mark.parametrize("settings", [{}, {"parameterization": "log_magnitude"}], ids=str)
def test_a_state_makes_the_sound_it_began_with(chirp, transform, settings):
    own = param(transform, **settings)
    state = own.begin(tf.constant(chirp))
    np.testing.assert_allclose(own.finish(state), chirp, atol=3e-4)
    np.testing.assert_allclose(own.finish(own.renew(state)), chirp, atol=3e-4)
    assert own.source(state) is state["source"]


def test_a_louder_spectrogram_is_a_sound_of_the_same_level(chirp):
    own = param()
    state = own.begin(tf.constant(chirp))
    louder = {**state, "variable": state["variable"] + 2.0}
    np.testing.assert_allclose(rms(own.finish(louder)), rms(chirp), rtol=0.02)
    assert np.abs(own.finish(louder)).max() <= 1


def test_a_magnitude_stops_at_20_db_over_full_scale():
    own = param(parameterization="log_magnitude")
    limited = own.project(tf.constant([[[50.0, -3.0]]]), {}).numpy()
    assert limited[0, 0, 1] == -3
    assert 7 < limited[0, 0, 0] < 9


def test_a_mask_stops_at_its_bounds(chirp):
    own = param(mask_db=30.0, fall_db=10.0, ceiling_db=6.0)
    state = own.begin(tf.constant(chirp))
    db = 20 / np.log(10)
    start = state["start"].numpy() * db
    far = [own.project(sign * tf.fill(start.shape, 50.0), state).numpy() * db for sign in (1, -1)]
    np.testing.assert_allclose(far[1], -10, atol=1e-4)
    assert far[0].min() >= 0
    assert far[0].max() <= 30 + 1e-4
    loudest = np.maximum(start.max(2, keepdims=True), start.max() - 30)
    raised = np.broadcast_to(loudest, start.shape)[far[0] > 0] - (start + far[0])[far[0] > 0]
    assert raised.min() > 6 - 1e-3  # no bin comes nearer to the loudest of its frame


def test_a_mask_adds_no_noise_and_raises_no_silence(chirp):
    half = np.where(np.arange(chirp.shape[1]) < 6000, chirp, 0).astype("float32")
    own = param()
    state = own.begin(tf.constant(half))
    np.testing.assert_allclose(own.finish(state), half, atol=2e-6)
    raised = {**state, "variable": own.project(tf.fill(state["start"].shape, 50.0), state)}
    assert np.abs(own.finish(raised)[0, 7000:]).max() < 1e-5


@pytest.mark.parametrize("parameterization", ["mask", "log_magnitude"])
def test_the_source_returns_at_octaves_but_the_first(chirp, parameterization):
    own = param(source_mix=0.5, parameterization=parameterization)
    state = own.begin(tf.constant(chirp))
    changed = {**state, "variable": state["variable"] + 1.0}
    for octave, share in ((0, 1.0), (1, 0.5), (2, 0.5)):
        entered = own.enter_octave(changed, tf.constant(octave), own.grid(octave))
        np.testing.assert_allclose(entered["variable"] - state["variable"], share, atol=1e-5)


def test_a_file_holds_16_bits(chirp):
    written = param().as_written(tf.constant(chirp)).numpy() * 32768
    np.testing.assert_array_equal(written, np.round(chirp * 32768))


@pytest.mark.parametrize(
    ("waveform", "message"),
    [
        ("sound", "Expected a waveform, an array of numbers, to dream on. Received: str"),
        (np.zeros((1, 3, 2)), r"Received shape: \(1, 3, 2\)"),
        (np.zeros((1, 2, 3)), r"\(1, 2, 3\) looks like \(batch, channels, samples\)"),
        (np.full(5000, 8.5), "The peak is 8.5: divide by the largest value of their type"),
        (np.zeros((0, 5000)), r"Received shape: \(0, 5000\)"),
        (np.full(5000, np.nan), "finite numbers"),
        (np.full(5000, 2.0), "The peak is 2: scale it down"),
        (np.full(900, 0.1), r"at least 0.04 s to dream on. Received: 0.037 s"),
        (np.zeros(5000), "silent"),
    ],
    ids=str,
)
def test_what_cannot_be_dreamed_on_is_named(waveform, message):
    with pytest.raises(InputError, match=message):
        param().check(waveform)


@pytest.mark.parametrize("transform", ["fft", "dft"])
def test_a_masks_sound_begins_and_ends_without_a_click(transform):
    """A tone that begins in the middle of a frame, raised: its frames reach beyond the sound."""
    time = np.arange(24000) / 24000
    rise = np.minimum(1, np.minimum(time, 1 - time) / 0.005)
    tone = (0.2 * rise * np.sin(2 * np.pi * 500 * time)).astype("float32")[None]
    own = param(transform)
    state = own.begin(tf.constant(tone))
    bumps = np.random.default_rng(0).uniform(0, 4, state["variable"].shape).astype("float32")
    made = own.finish({**state, "variable": own.project(tf.constant(bumps), state)}).numpy()
    assert np.abs(made - tone).max() > 0.01
    assert np.abs((made - tone)[:, [0, -1]]).max() < 3e-4
