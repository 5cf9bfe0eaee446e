"""Filters that dream: a stream is the whole sound, causal, within its bounds, at its level."""

import keras
import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.applications import save_weights
from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.filters import DreamFilter, DreamMask

RATE = 1000
ANALYSIS = Analysis(RATE, 0.04, 0.02, num_mel_bins=4)
STEP = ANALYSIS.frame_step


def make_mask(strength=1.0, **settings):
    """A small layer with weights that are not small."""
    settings = {"width": 6, "dilations": (1, 3), "look_ahead": 2, **settings}
    layer = DreamMask(settings.pop("analysis", ANALYSIS), **settings)
    layer.build((None, None))
    rng = np.random.default_rng(1)
    layer.set_weights([strength * rng.normal(0, 0.5, w.shape) for w in layer.weights])
    return layer


def noise(rng, samples, level=0.1):
    return rng.normal(0, level, (2, samples)).astype("float32")


def streamed(layer, waveform, size):
    """A sound sent through the layer by calls of `size` samples, without the delay."""
    count, state, pieces = waveform.shape[1], layer.begin(len(waveform)), []
    behind = layer.delay + (-count - layer.delay) % size
    padded = np.pad(waveform, ((0, 0), (0, behind)))
    for first in range(0, padded.shape[1], size):
        filtered, state = layer.step(padded[:, first : first + size], state)
        pieces.append(np.asarray(filtered))
    return np.concatenate(pieces, 1)[:, layer.delay :][:, :count]


@pytest.mark.parametrize("samples", [1, STEP - 1, STEP, 997, 3000])
def test_a_new_filter_changes_nothing(rng, samples):
    waveform = noise(rng, samples)
    np.testing.assert_allclose(DreamFilter(None, analysis=ANALYSIS)(waveform), waveform, atol=1e-6)


@pytest.mark.parametrize("calls", [1, 2, 7])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"transform": "dft"},
        {"look_ahead": 1, "dilations": (1, 2, 4)},
        {"analysis": Analysis(RATE, 0.04, 0.01, num_mel_bins=4)},
    ],
)
def test_a_stream_is_the_whole_sound(rng, calls, settings):
    layer = make_mask(**settings)
    waveform = noise(rng, 1507)
    whole = np.asarray(layer(waveform))
    assert np.abs(whole - waveform).max() > 0.01
    size = calls * layer.analysis.frame_step
    np.testing.assert_allclose(streamed(layer, waveform, size), whole, atol=1e-5)


def test_what_is_still_to_come_changes_nothing(rng):
    layer, waveform = make_mask(), noise(rng, 2000)
    other = waveform.copy()
    other[:, 1500:] = noise(rng, 500, 0.5)
    before, after = (np.asarray(layer(each)) for each in (waveform, other))
    same = 1500 - layer.delay - STEP
    np.testing.assert_array_equal(before[:, :same], after[:, :same])
    assert np.abs(before - after)[:, same : 1500 + STEP].max() > 1e-3


def test_the_delay_is_that_of_frame_look_ahead_and_limiter():
    assert make_mask().delay == (40 + 2 * 20)
    assert DreamFilter(None).get_layer("mask").delay / 24000 == 0.06


def test_a_mask_that_falls_everywhere_is_undone_by_the_level(rng):
    layer, waveform = make_mask(0.0, fall_db=12.0), noise(rng, 3000)
    offset = next(w for w in layer.weights if w.path.endswith("offset/bias"))
    offset.assign(np.full(offset.shape, -50.0))
    changed = np.asarray(layer(waveform))
    np.testing.assert_allclose(changed[:, 200:], waveform[:, 200:], atol=2e-3)


@pytest.mark.parametrize("mask_db", [3.0, 12.0])
def test_bins_rise_by_no_more_than_the_mask_allows(mask_db):
    """Two tones, 20 dB apart: the softer one comes nearer by the mask alone."""
    layer = make_mask(0.0, mask_db=mask_db)
    offset = next(w for w in layer.weights if w.path.endswith("offset/bias"))
    offset.assign(np.full(offset.shape, 50.0))
    time = np.arange(4000) / RATE
    tones = [np.sin(2 * np.pi * hz * time) for hz in (100, 300)]
    waveform = (0.2 * tones[0] + 0.02 * tones[1])[None].astype("float32")
    changed = np.asarray(layer(waveform))[0, 1000:3000]
    middle = time[1000:3000]
    loud, soft = (abs(np.mean(changed * np.exp(2j * np.pi * hz * middle))) for hz in (100, 300))
    nearer = 20 * np.log10(soft / loud) + 20  # the louder tone's own side bins rise, by 1.3 dB
    assert mask_db - 2 < nearer < mask_db + 0.1


@pytest.mark.parametrize("level", [1e-4, 0.01, 0.7])
def test_peaks_and_level_hold(rng, level):
    waveform = np.clip(noise(rng, 8000, level), -1, 1)
    waveform[:, ::997] = np.sign(waveform[:, ::997]) * min(5 * level, 1)
    changed = np.asarray(make_mask(3.0)(waveform))
    assert np.abs(changed).max() <= 1
    change = 20 * np.log10(np.std(changed) / np.std(waveform))
    assert -6 < change < 1.5
    assert level > 0.5 or abs(change) < 1.5


def test_silence_stays_silent():
    assert not np.asarray(make_mask(3.0)(np.zeros((1, 900), "float32"))).any()


def test_a_row_does_not_depend_on_its_neighbours(rng):
    layer, waveform = make_mask(), noise(rng, 900)
    alone = np.asarray(layer(waveform[:1]))
    np.testing.assert_allclose(np.asarray(layer(waveform))[:1], alone, atol=1e-6)


def test_files_of_weights_bring_their_settings(rng, tmp_path):
    model = DreamFilter(None, analysis=ANALYSIS, width=5, dilations=(2,), fall_db=7.0)
    model.set_weights([rng.normal(0, 0.5, w.shape).astype("float16") for w in model.weights])
    waveform = noise(rng, 700)
    expected = np.asarray(model(waveform))
    save_weights(model, tmp_path / "w.npz")
    model.save(tmp_path / "m.keras")
    for other in (DreamFilter(tmp_path / "w.npz"), keras.models.load_model(tmp_path / "m.keras")):
        assert other.sample_rate == RATE
        np.testing.assert_allclose(other(waveform), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width": 0}, "`width` must be"),
        ({"dilations": (0,)}, "`dilations` must be a list of at most 16 integers"),
        ({"look_ahead": 0}, "`look_ahead` must be"),
        ({"fall_db": float("nan")}, "`fall_db` must be"),
        ({"widht": 3}, "`settings` must be of width, dilations"),
        ({"weights": "blokc3_conv2"}, "or a file. Received: 'blokc3_conv2'"),
        ({"analysis": Analysis(RATE, 0.03, 0.02, num_mel_bins=4)}, "a whole number of steps"),
        ({"analysis": Analysis(RATE, 0.02, 0.02, num_mel_bins=4)}, "overlap by a third"),
        ({"analysis": {"sample_rat": RATE}}, "a dictionary of its sample_rate, frame_seconds"),
        ({"analysis": "fine"}, "must be an Analysis, or a dictionary .* Received: 'fine'"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        DreamFilter(**{"weights": None, **arguments})
    if not arguments.keys() & {"widht", "weights"}:  # names are Python's, weights the model's
        with pytest.raises(InputError, match=message):
            DreamMask(**{"analysis": ANALYSIS, **arguments})


def test_a_stream_that_stops_within_a_step_is_refused():
    mask = make_mask()
    with pytest.raises(InputError, match=f"a multiple of {STEP} samples. Received: {STEP + 1}"):
        mask.step(np.zeros((1, STEP + 1), "float32"), mask.begin(1))
