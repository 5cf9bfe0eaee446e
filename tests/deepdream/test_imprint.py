"""Beginnings of class dreams: whose spectrogram is in them, how loud they are, what is refused."""

import numpy as np
import pytest

from keras_sounddream import DeepDream, InputError
from keras_sounddream.deepdream.imprint import MOST_GUIDES, find_start, fitted, imprint


@pytest.fixture
def dream(small_model):
    return DeepDream(small_model, "conv2", octaves=1, steps=2)


def tone(hertz, rate, samples, level=0.1):
    return (level * np.sin(2 * np.pi * hertz * np.arange(samples) / rate)).astype("float32")


def power_at(waveform, hertz, rate):
    spectrum = np.abs(np.fft.rfft(waveform)) ** 2
    centre = round(hertz * waveform.size / rate)
    return spectrum[centre - 60 : centre + 61].sum() / spectrum.sum()


def test_the_guide_is_in_it_so_much_louder_and_the_whole_as_loud(dream, rng):
    rate, samples = dream.sample_rate, dream.sample_rate
    source = rng.normal(0, 0.1, (2, samples)).astype("float32")
    guide = np.stack([tone(1000, rate, samples, 0.5)] * 2)
    begun = imprint(source, guide, dream.analysis, level_db=10.0)
    assert begun.shape == source.shape
    np.testing.assert_allclose(np.std(begun, axis=1), np.std(source, axis=1), rtol=1e-3)
    assert power_at(begun[0], 1000, rate) > 0.8 > 0.05 > power_at(source[0], 1000, rate)
    silent = imprint(source, guide, dream.analysis, level_db=-200.0)
    assert np.corrcoef(silent[0], source[0])[0, 1] > 0.999


def test_of_several_the_one_that_scores_highest_is_taken(dream, chirp, rng):
    guides = [rng.normal(0, 0.1, 9000).astype("float32"), tone(700, dream.sample_rate, 4000)]
    both = find_start(dream, chirp, guides)
    alone = [find_start(dream, chirp, [guide]) for guide in guides]
    scores = [float(dream.score(one, chirp)[0]) for one in alone]
    np.testing.assert_allclose(both, alone[int(np.argmax(scores))], atol=1e-5)
    assert len({one.tobytes() for one in alone}) == 2


def test_a_dream_begins_there_and_is_measured_from_its_input(dream, chirp, rng):
    guide = rng.normal(0, 0.1, 9000).astype("float32")
    plain, guided = dream.run(chirp), dream.run(chirp, guides=[guide])
    np.testing.assert_array_equal(guided.source, plain.source)
    assert guided.objective_before == plain.objective_before
    assert np.abs(guided.dream - plain.dream).max() > 0.01
    dream.guides = [guide]
    np.testing.assert_allclose(dream.run(chirp).dream, guided.dream, atol=1e-5)


def test_guides_are_cut_to_their_loudest_or_begin_again():
    quiet = np.array([0.01] * 8 + [0.5, -0.5] + [0.01] * 6, "float32")
    np.testing.assert_array_equal(fitted(quiet, 2), quiet[8:10])
    np.testing.assert_array_equal(fitted(quiet[:3] + 0.5, 7), np.resize(quiet[:3] + 0.5, 7))


def test_many_guides_are_spread(dream, chirp, monkeypatch):
    tried = []
    monkeypatch.setattr(
        "keras_sounddream.deepdream.imprint.imprint",
        lambda source, guide, *rest: tried.extend(guide[:, 0].round(3)) or source,
    )
    find_start(dream, chirp, [np.full(10, 0.01 * k, "float32") for k in range(1, 31)])
    assert len(tried) == MOST_GUIDES
    assert (tried[0], tried[-1]) == (np.float32(0.01), np.float32(0.3))


@pytest.mark.parametrize(
    ("guides", "message"),
    [
        ("guide.wav", "Expected a list of at least one guide"),
        ([np.zeros(100)], "A guide is silent"),
        ([np.full((2, 100), 0.1)], "(samples,).*(2, 100)"),
        ([np.full(100, np.nan)], "finite"),
    ],
)
def test_what_cannot_be_a_guide_is_told(dream, chirp, guides, message):
    with pytest.raises(InputError, match=message.replace("(", ".").replace(")", ".")):
        find_start(dream, chirp, guides)
