"""Training of dream filters: the loss by hand, crops by their step, and a resumed run."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_sounddream import DeepDream, InputError, audio, objectives
from keras_sounddream.datasets.corpus import Sounds
from keras_sounddream.filters import DreamFilter
from keras_sounddream.training import filters
from keras_sounddream.training.filters import fit
from keras_sounddream.workflows.style import filter_dream

RATE = 24000


def corpus(*lengths, rate=RATE):
    """Noises of so many samples, each at its own level."""
    rng = np.random.default_rng(3)
    pieces = [rng.normal(0, 1000 * (i + 1), n).astype("int16") for i, n in enumerate(lengths)]
    lengths = np.array(lengths)
    names = tuple(f"{i}.wav" for i in range(len(lengths)))
    return Sounds(np.concatenate(pieces), np.cumsum(lengths) - lengths, lengths, names, {}, rate)


@pytest.fixture(scope="module")
def dream(small_model):
    return DeepDream(small_model, "conv2", octaves=1, steps=2)


def test_the_loss_is_the_rise_less_what_is_lost(dream, rng):
    source = rng.normal(0, 0.1, (2, 4000)).astype("float32")
    louder = source + 0.05 * np.sin(np.arange(4000) / 4).astype("float32")
    held = louder * (np.std(source, 1) / np.std(louder, 1))[:, None]
    before, after = (np.asarray(dream.score(each, source)) for each in (source, held))
    loss = filters.DreamLoss(dream, keep=0.0)
    expected = -np.arcsinh((after - before) / np.abs(before))
    np.testing.assert_allclose(loss(source, tf.constant(louder)), expected, rtol=0.02)
    assert np.abs(np.asarray(loss(source, tf.constant(source)))).max() < 1e-4


def test_a_band_that_vanishes_costs_and_loudness_does_not(dream, rng):
    noise = rng.normal(0, 0.1, (1, 8000))
    spectrum = np.fft.rfft(noise)
    spectrum[:, 2000:] = 0
    dull = np.fft.irfft(spectrum).astype("float32")
    noise = noise.astype("float32")
    kept, twice = filters.DreamLoss(dream, 1.0), filters.DreamLoss(dream, 2.0)
    fallen = float(kept.fallen(tf.constant(noise), tf.constant(dull))[0])
    assert fallen > 0.5
    difference = np.asarray(twice(noise, tf.constant(dull)) - kept(noise, tf.constant(dull)))
    level = np.std(noise) / np.std(dull)
    again = float(kept.fallen(tf.constant(noise), tf.constant(dull * level))[0])
    np.testing.assert_allclose(difference, again, rtol=1e-3)
    np.testing.assert_allclose(kept(noise, tf.constant(0.1 * dull)), kept(noise, dull), rtol=1e-3)
    assert float(kept.fallen(tf.constant(noise), tf.constant(0.4 * noise))[0]) < 0.05


def test_logits_rise_in_their_own_unit(small_model):
    logit = DeepDream(small_model, objectives.neurons("conv2", [0]))
    assert filters.DreamLoss(logit, 0.0)._floor < 1e-6
    assert "logits" not in logit.objective.logit_layers


@pytest.fixture(scope="module")
def style(small_model, tmp_path_factory):
    """A dream of the style of a hiss below 1 kHz, measured at -25 dB."""
    spectrum = np.fft.rfft(np.random.default_rng(5).normal(0, 1, RATE))
    spectrum[1000:] *= 0.01
    path = tmp_path_factory.mktemp("style") / "hiss.wav"
    audio.save(path, 0.001 * np.fft.irfft(spectrum)[None], RATE)
    return filter_dream(small_model, [path], -25.0, ["conv1"])


def test_a_style_is_read_at_its_own_level(style, rng):
    source, other = (rng.normal(0, 0.1, (2, 4000)).astype("float32") for _ in range(2))
    loss = filters.DreamLoss(style, 0.0, -25.0)
    at_level = [x * 10**-1.25 / np.sqrt(np.mean(x**2, 1, keepdims=True)) for x in (source, other)]
    before, after = (np.asarray(style.score(x)) for x in at_level)
    expected = -np.arcsinh((after - before) / np.abs(before))
    np.testing.assert_allclose(loss(source, tf.constant(other)), expected, rtol=1e-3)
    np.testing.assert_allclose(loss(0.1 * source, tf.constant(5 * other)), expected, rtol=1e-3)


def test_a_filter_learns_a_style(style, tmp_path, monkeypatch):
    monkeypatch.setattr(fit, "DreamFilter", small_filter(DreamFilter))
    monkeypatch.setattr(fit, "_EPOCH_STEPS", 10)
    options = {"batch_size": 2, "crop_seconds": 0.2, "learning_rate": 0.05, "level_db": -25.0}
    settings, sounds = filters.Settings(20, keep=0.0, **options), corpus(9000)
    trained = filters.train(style, sounds, tmp_path / "run", settings)
    waveform = sounds.waveform(0)
    rise = filters.DreamLoss(style, 0.0, -25.0).rise(waveform, trained(waveform))
    assert float(rise[0]) > 0.1  # of the distance to the style


def test_a_run_of_another_style_is_another_run(style, small_model, tmp_path):
    term = style.objective.terms[0]
    settings = {**term["settings"], "target": (2 * np.array(term["settings"]["target"])).tolist()}
    objective = objectives.Objective([{**term, "settings": settings}])
    assert repr(objective) == repr(style.objective)
    fit.claim_folder(tmp_path, fit._told(style))
    with pytest.raises(InputError, match="holds a run with"):
        fit.claim_folder(tmp_path, fit._told(DeepDream(small_model, objective)))


def test_a_run_on_other_sounds_or_by_another_network_is_another_run(dream, small_model):
    other_model = keras.models.clone_model(small_model)
    other_model.set_weights([1.1 * weight for weight in small_model.get_weights()])
    other = DeepDream(other_model, "conv2", octaves=1, steps=2)
    sounds, changed = corpus(9000, 300), corpus(9000, 300)
    changed.samples[-1] += 1
    settings = filters.Settings()

    def identity(dream, sounds):
        return fit._identity(dream, settings, fit._of_sounds(dream, sounds, settings)[-1])

    assert identity(dream, sounds) == identity(dream, corpus(9000, 300))
    assert identity(other, sounds) != identity(dream, sounds)
    assert identity(dream, changed) != identity(dream, sounds)


def test_crops_are_drawn_by_their_step():
    crops = filters.Crops(corpus(5000, 300, 9000), 1000, 3, 120, 50, seed=4)
    assert (crops.epochs, len(crops)) == (3, 150)
    batch, same = crops.batch(7)
    assert batch is same
    assert batch.shape == (3, 1000)
    assert batch.dtype == np.float32
    np.testing.assert_array_equal(crops.batch(7)[0], batch)
    assert not np.array_equal(crops.batch(8)[0], batch)
    short = [row for step in range(40) for row in crops.batch(step)[0] if _repeats(row, 300)]
    assert 0 < len(short) < 20


def _repeats(row, period):
    return np.allclose(row[:period], row[period : 2 * period])


def test_silent_crops_are_drawn_again():
    sounds = corpus(4000)
    sounds.samples[:3000] = 0
    batches = [filters.Crops(sounds, 500, 2, 50, 50).batch(step)[0] for step in range(20)]
    assert np.sqrt(np.mean(np.square(batches), axis=-1)).min() > 1e-5


def small_filter(build):
    """The constructor with another width, to be quick."""
    return lambda weights, **settings: build(weights, **settings, width=4, dilations=(1,))


def test_a_resumed_run_ends_where_a_whole_one_does(dream, tmp_path, monkeypatch):
    monkeypatch.setattr(fit, "DreamFilter", small_filter(DreamFilter))
    monkeypatch.setattr(fit, "_EPOCH_STEPS", 2)
    settings = filters.Settings(6, batch_size=1, crop_seconds=0.1, learning_rate=0.01)
    sounds = corpus(6000)
    whole = filters.train(dream, sounds, tmp_path / "whole", settings)

    def interrupted(self, step, batch=filters.Crops.batch):
        if step == 4:
            raise RuntimeError("killed")
        return batch(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(filters.Crops, "batch", interrupted)
        with pytest.raises(tf.errors.UnknownError, match="killed"):
            filters.train(dream, sounds, tmp_path / "cut", settings)
    resumed = filters.train(dream, sounds, tmp_path / "cut", settings)
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    waveform = sounds.waveform(0)
    assert float(dream.score(whole(waveform))[0]) > float(dream.score(waveform)[0])
    assert whole.get_layer("mask").fall_db == dream.settings.fall_db


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "`steps` must be"),
        ({"crop_seconds": 0.01}, "`crop_seconds` must be"),
        ({"keep": -1}, "`keep` must be"),
        ({"seed": 2**32}, "`seed` must be an int from 0 to 2147483647"),
        ({"learning_rate": 0}, "`learning_rate` must be"),
        ({"level_db": 3.0}, "`level_db` must be"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        filters.Settings(**settings)


@pytest.mark.parametrize(
    ("styles", "layers", "message"),
    [
        ([], None, "Expected at least one style"),
        ("hiss.wav", None, "`styles` must be a list, one for each style. Received: 'hiss.wav'"),
        (["missing.wav"], None, "missing.wav"),
        (["hiss.wav"], ["conv9"], "has no layer 'conv9'"),
        (["hiss.wav"], [], "Expected a list of `style_layers`"),
    ],
)
def test_bad_styles_are_refused(small_model, tmp_path, monkeypatch, styles, layers, message):
    monkeypatch.chdir(tmp_path)
    audio.save("hiss.wav", np.random.default_rng(0).normal(0, 0.1, (1, RATE)), RATE)
    with pytest.raises(InputError, match=message):
        filter_dream(small_model, styles, -25.0, layers)


def test_dreams_and_sounds_that_do_not_fit_are_refused(dream, small_model, tmp_path):
    with pytest.raises(InputError, match="Expected a DeepDream for a filter to learn"):
        filters.train(small_model, corpus(5000), tmp_path)
    free = DeepDream(small_model, "conv2", parameterization="log_magnitude")
    with pytest.raises(InputError, match="a dream of sounds by a mask"):
        filters.train(free, corpus(5000), tmp_path)
    with pytest.raises(InputError, match="Expected sounds at 24000 Hz. They are at 8000 Hz"):
        filters.train(dream, corpus(5000, rate=8000), tmp_path)
