"""The inverse Fourier transform of activations, against netsounds's formula written out."""

import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.sonification import inverse_fft


def as_netsounds(activations, combine):
    """Its formula, filter by filter: activations `(filters, height, width)`, columns as frames."""
    made = []
    for plane in activations:
        signal = np.real(np.fft.ifft(plane, axis=0)).transpose().flatten()
        size = signal.max() - signal.min()
        made.append((signal - signal.min()) / (size if size else 1) * 2 - 1)
    if combine == "separate":
        return np.array(made)
    if combine == "concat":
        return np.concatenate(made)
    total = np.sum(made, axis=0)
    return (total - total.min()) / (total.max() - total.min()) * 2 - 1


def as_mixed(signals, product):
    """Its mix, the positions of each signal's samples along the longest written out."""
    longest = max(len(one) for one in signals)
    total = np.ones(longest) if product else np.zeros(longest)
    for one in signals:
        for place in range(longest):
            at = place * (len(one) - 1) / (longest - 1)
            low = min(int(at), len(one) - 2)
            value = one[low] + (at - low) * (one[low + 1] - one[low])
            total[place] = total[place] * value if product else total[place] + value
    return (total - total.min()) / (total.max() - total.min()) * 2 - 1


@pytest.fixture
def activations(rng):
    """As after a ReLU, `(filters, height, width)`, and one filter dead."""
    found = np.maximum(rng.normal(0, 80, (5, 15, 21)), 0).astype("float32")
    found[3] = 0
    return found


@pytest.mark.parametrize("combine", inverse_fft.COMBINES)
@pytest.mark.parametrize("height", [1, 2, 15, 16])
def test_it_is_netsoundss_formula(rng, combine, height):
    found = rng.gamma(1.0, 60, (4, height, 7)).astype("float32")
    planes = [plane.T for plane in found]
    made = inverse_fft.combine_signals(inverse_fft.signals(planes), combine)
    np.testing.assert_allclose(made, as_netsounds(found, combine), atol=1e-5)


@pytest.mark.parametrize("combine", inverse_fft.COMBINES)
def test_dead_filters_are_silent_or_legacy(activations, combine):
    planes = activations.transpose(0, 2, 1)
    wanted = as_netsounds(activations, combine)
    legacy = inverse_fft.sonify_activations(planes, combine, legacy=True)
    np.testing.assert_allclose(legacy, wanted, atol=1e-5)
    made = inverse_fft.sonify_activations(planes, combine)
    if combine != "sum":  # a sum is stretched again, whatever constant is in it
        dead = slice(3 * 315, 4 * 315) if combine == "concat" else 3
        assert (legacy[dead] == -1).all()
        assert (made[dead] == 0).all()
        wanted[dead] = 0
    np.testing.assert_allclose(made, wanted, atol=1e-5)


def test_a_layer_of_dead_filters_is_silence():
    for combine in inverse_fft.COMBINES:
        assert not inverse_fft.sonify_activations(np.zeros((3, 4, 5)), combine).any()


def test_a_cosine_across_the_bands_is_a_click_in_each_frame():
    spectrum = 1 + np.cos(2 * np.pi * 3 * np.arange(16) / 16)
    signal = inverse_fft.plane_to_signal(np.tile(spectrum, (4, 1))).reshape(4, 16)
    assert np.allclose(signal[:, [0, 3, 13]], [1, 0.5, 0.5])
    assert np.allclose(np.delete(signal, [0, 3, 13], axis=1), 0)


@pytest.mark.parametrize("how", inverse_fft.MIXES)
def test_mixes_are_stretched_to_the_longest(rng, how):
    signals = [rng.uniform(-1, 1, n) for n in (11, 40, 2)]
    made = inverse_fft.mix(signals, how)
    np.testing.assert_allclose(made, as_mixed(signals, how == "product"), atol=1e-6)
    np.testing.assert_allclose(inverse_fft.mix(signals[::-1], how), made, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "of_pictures", "planes"),
    [
        ((7, 5, 3), False, (3, 7, 5)),  # time, bands, channels
        ((7, 5, 3), True, (3, 7, 5)),  # a portrait: rows are frames
        ((5, 7, 3), True, (3, 7, 5)),  # a landscape: columns are
        ((7, 3), False, (3, 7, 1)),
        ((3,), False, (3, 1, 1)),
    ],
)
def test_planes_have_time_first(rng, shape, of_pictures, planes):
    activation = rng.normal(size=shape)
    made = inverse_fft.to_planes(activation, of_pictures)
    assert made.shape == planes
    last = activation[..., -1]
    turned = of_pictures and shape[0] < shape[1]
    np.testing.assert_allclose(
        made[-1].squeeze(), (last.T if turned else last).squeeze(), rtol=1e-6
    )


def test_channels_stand_for_bands_where_there_are_none(rng):
    activation = rng.normal(size=(6, 8))
    wanted = as_netsounds(activation.T[None], "sum")
    np.testing.assert_allclose(
        inverse_fft.sonify_activations(inverse_fft.to_planes(activation)), wanted, atol=1e-5
    )


def test_a_level_takes_the_mean_away_and_bends_peaks(rng):
    loud = 0.5 + rng.normal(0, 0.1, (2, 20000)).cumsum(axis=1) / 20
    made = inverse_fft.bring_to_level(loud, -20)
    assert np.abs(made.mean(axis=1)).max() < 1e-3
    np.testing.assert_allclose(20 * np.log10(made.std(axis=1)), -20, atol=0.1)
    assert np.abs(inverse_fft.bring_to_level(loud, 0)).max() <= 1
    assert not inverse_fft.bring_to_level(np.full(100, -0.7), -20).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: inverse_fft.sonify_activations(np.ones((2, 3, 4)), "none"), "must be one of sum"),
        (lambda: inverse_fft.sonify_activations(np.ones((3, 4))), "(filters, frames, bands)"),
        (lambda: inverse_fft.sonify_activations([]), "Received: list"),
        (lambda: inverse_fft.sonify_activations("conv1"), "Received: str"),
        (lambda: inverse_fft.to_planes(np.ones((1, 2, 3, 4))), "Received shape: (1, 2, 3, 4)"),
        (lambda: inverse_fft.to_planes([1.0, np.nan]), "not numbers"),
        (lambda: inverse_fft.to_planes("loud"), "Received: str"),
        (lambda: inverse_fft.mix([]), "Received shapes: []"),
        (lambda: inverse_fft.mix([np.ones(3)], "tuned"), "must be one of sum, product"),
        (
            lambda: inverse_fft.bring_to_level(np.ones(3), 6),
            "at least -120 and at most 0. Received: 6",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_a_line(call, message):
    with pytest.raises(InputError) as error:
        call()
    assert message in str(error.value)
    assert "\n" not in str(error.value)
