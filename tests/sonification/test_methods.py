"""What `sonify` makes of each method, by sounds whose answer is known."""

import keras
import numpy as np
import pytest

import keras_sounddream
from keras_sounddream import InputError, applications, sonification, sonify
from keras_sounddream.audio import Analysis, LogMelSpectrogram
from keras_sounddream.sonification import inverse_fft
from keras_sounddream.sonification.mask import Mask

RATE = 24000
SOUND = {"ifft": 11025, "mask": RATE, "parameter_map": RATE}


@pytest.fixture
def tones():
    """A second: 500 Hz, and in its second half 4 kHz as loud: float32 `(1, 24000)`."""
    time = np.arange(RATE) / RATE
    waveform = 0.2 * np.sin(2 * np.pi * 500 * time)
    waveform[RATE // 2 :] += 0.2 * np.sin(2 * np.pi * 4000 * time[RATE // 2 :])
    return waveform.astype("float32")[None]


@pytest.fixture(scope="module")
def ears():
    """A model whose layer `ear` has two filters: one answers as its input, the other is dead."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None,), name="waveform")
    analysis = Analysis(sample_rate=RATE, step_seconds=0.02, num_mel_bins=32)
    x = LogMelSpectrogram(analysis, name="front_end")(inputs)
    x = keras.layers.Reshape((-1, 32, 1))(x)
    x = keras.layers.Conv2D(2, 1, name="ear")(x)
    model = keras.Model(inputs, x, name="ears")
    model.get_layer("ear").set_weights([np.array([[[[1.0, 0.0]]]]), np.array([7.0, 0.0])])
    return model


def share_above(waveform, hz):
    power = np.abs(np.fft.rfft(waveform)) ** 2
    return power[round(hz * len(waveform) / RATE) :].sum() / power.sum()


def test_its_formula_is_netsoundss_on_a_network(rng):
    keras.utils.set_random_seed(1)
    model = applications.SqueezeNet(weights=None)
    picture = rng.uniform(0, 255, (90, 120, 3)).astype("float32")
    made = sonify(model, picture, ["conv1", "fire4_concat"], least_seconds=0)
    banks = applications.squeezenet.banks(model).predict(picture[None], verbose=0)
    parts = []
    for bank in ("bank1", "bank2"):
        planes = banks[bank][0].transpose(2, 0, 1).astype("float64")  # filters, height, width
        signals = [np.fft.ifft(plane, axis=0).real.T.ravel() for plane in planes]
        ranges = [(one.min(), np.ptp(one) or 1) for one in signals]
        total = sum(
            2 * (s - low) / size - 1 for s, (low, size) in zip(signals, ranges, strict=True)
        )
        parts.append(2 * (total - total.min()) / np.ptp(total) - 1)
    np.testing.assert_allclose(made.parts["conv1"][0], parts[0], atol=1e-5)
    np.testing.assert_allclose(made.parts["fire4_concat"][0], parts[1], atol=1e-5)
    np.testing.assert_allclose(made.waveform[0], inverse_fft.mix(parts), atol=1e-5)
    assert made.sample_rate == 11025


@pytest.mark.parametrize("method", SOUND)
@pytest.mark.parametrize("combine", inverse_fft.COMBINES)
def test_each_method_combines_and_is_sane(small_model, chirp, method, combine):
    batch = np.concatenate([chirp, 0.5 * chirp[:, ::-1]])
    made = sonify(small_model, batch, ["conv2"], method, combine)
    assert made.sample_rate == SOUND[method]
    assert made.waveform.dtype == np.float32
    assert made.waveform.shape[:-1] == ((2, 8) if combine == "separate" else (2,))
    assert np.isfinite(made.waveform).all()
    assert 0.05 < np.abs(made.waveform).max() <= 1
    alone = sonify(small_model, batch[1], ["conv2"], method, combine)
    np.testing.assert_allclose(made.waveform[1], alone.waveform[0], atol=1e-4)


def test_a_mask_lets_through_what_the_layer_answers_to(ears, tones):
    mask = Mask(ears, tones[0])
    upper = np.tile(np.arange(32) >= 16, (49, 1)).astype("float32")  # mel bands of 2.4 kHz and up
    late = (np.arange(50)[:, None] >= 25).astype("float32")
    assert share_above(tones[0], 2000) == pytest.approx(1 / 3, abs=0.01)
    assert share_above(mask.apply(upper), 2000) > 0.99
    assert share_above(mask.apply(1 - upper), 2000) < 0.01
    waveform = mask.apply(late)
    assert np.abs(waveform[: RATE // 2 - 2000]).max() < 1e-3 < 0.1 < np.abs(waveform).max()
    for made in (waveform, mask.apply(upper)):
        assert made.std() == pytest.approx(tones.std(), rel=0.01)  # as loud as it was


def test_a_dead_filter_is_silent_in_every_method(ears, tones):
    for method in SOUND:
        made = sonify(ears, tones, ["ear"], method, "separate").waveform[0]
        assert made[0].any()
        assert not made[1].any()


def test_an_inverted_sound_is_heard_as_the_sound_was(small_model, chirp):
    sound = chirp[:, :6000]
    network = keras.Model(small_model.inputs[0], small_model.get_layer("conv1").output)
    wanted = network.predict(sound, verbose=0)

    def error(waveform):
        heard = network.predict(np.round(waveform * 32768) / 32768, verbose=0)
        return np.linalg.norm(heard - wanted) / np.linalg.norm(wanted)

    made = sonify(small_model, sound, ["conv1"], "invert", steps=25)
    noise = np.random.default_rng(0).normal(0, sound.std(), sound.shape)
    assert error(made.waveform) < 0.3 * error(noise)
    assert made.waveform.std() == pytest.approx(sound.std(), rel=0.01)
    assert made.sample_rate == RATE


def test_random_weights_and_levels_and_products(small_model, chirp):
    plain, random, tuned, quiet = (
        sonify(small_model, chirp, ["conv1", "conv2"], **settings)
        for settings in ({}, {"random_weights": True}, {"mix": "product"}, {"level_db": -30.0})
    )
    assert plain.waveform.shape == random.waveform.shape == tuned.waveform.shape
    assert np.abs(plain.waveform - random.waveform).max() > 0.05
    parts = [plain.parts[name][0] for name in ("conv1", "conv2")]
    np.testing.assert_allclose(tuned.waveform[0], inverse_fft.mix(parts, "product"), atol=1e-6)
    assert 20 * np.log10(quiet.waveform.std()) == pytest.approx(-30, abs=0.1)


NOISE = np.random.default_rng(0).normal(0, 0.1, 12000)
EYE = applications.SqueezeNet(weights=None)
PICTURE = np.full((40, 50, 3), 99.0)


@pytest.mark.parametrize(
    ("model", "source", "layers", "settings", "message"),
    [
        (None, NOISE, ["convv1"], {}, "no layer 'convv1'. Did you mean conv1"),
        (None, NOISE, "conv1", {}, "Expected a list of layer names. Received: 'conv1'"),
        (None, NOISE, [], {}, "Expected a list of layer names"),
        (None, 0 * NOISE, ["conv1"], {}, "it is silent"),
        (None, NOISE * np.nan, ["conv1"], {}, "not numbers"),
        (None, 1000 * NOISE, ["conv1"], {}, "scale it down"),
        (None, NOISE[:100], ["conv1"], {}, "too few for layer 'conv1'"),
        (None, PICTURE, ["conv1"], {}, "takes sound (samples,)"),
        (None, "rooster.wav", ["conv1"], {}, "Received: str"),
        (None, NOISE, ["conv1"], {"method": "fft"}, "must be one of ifft, mask"),
        (None, NOISE, ["conv1"], {"combine": "none"}, "must be one of sum, concat"),
        (None, NOISE, ["conv1"], {"mix": "tuned"}, "must be one of sum, product"),
        (
            None,
            NOISE,
            ["conv1"],
            {"voices": 3},
            "no setting 'voices'. It has: least_seconds",
        ),
        (None, NOISE, ["conv1"], {"least_seconds": -1}, "`least_seconds` must be at least 0"),
        (None, NOISE, ["conv1"], {"sample_rate": 7}, "an int from 1000 to 192000"),
        (None, NOISE, ["conv1"], {"level_db": 3}, "at least -120 and at most 0"),
        (None, NOISE, ["conv1"], {"preprocessing": "tf"}, "applies to pictures"),
        (None, NOISE, ["conv1"], {"method": "mask", "sample_rate": 8000}, "leave `sample_rate`"),
        (None, NOISE, ["conv1"], {"method": "invert", "combine": "concat"}, "all filters at once"),
        (None, NOISE, ["conv1"], {"method": "invert", "steps": 0}, "`steps` must be"),
        (None, NOISE, ["conv1", "conv2"], {"combine": "separate"}, "name one layer"),
        (EYE, NOISE, ["conv1"], {}, "takes pictures (height, width, 3)"),
        (EYE, PICTURE, ["fire4_concatt"], {}, "Did you mean fire4_concat"),
        (EYE, PICTURE[:20], ["fire9_concat"], {}, "too few for layer 'fire9_concat'"),
        (EYE, PICTURE[:, :5], ["conv1"], {}, "40 x 5 pixels are too few"),
        (EYE, PICTURE - 100, ["conv1"], {}, "pixels in [0, 255]"),
        (EYE, PICTURE / 255, ["conv1"], {}, "multiply by 255"),
        (EYE, PICTURE, ["conv1"], {"method": "mask"}, "squeezenet takes pictures: use `ifft`"),
        (EYE, PICTURE, ["conv1"], {"method": "invert"}, "`invert` needs a sound"),
        (EYE, PICTURE, ["conv1"], {"preprocessing": "tf"}, "preprocesses pictures itself"),
        (EYE, PICTURE, ["pool10"], {"method": "parameter_map"}, "cannot drive a voice"),
        ("EYE", PICTURE, ["conv1"], {}, "Expected a keras.Model"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_line(
    small_model, model, source, layers, settings, message
):
    with pytest.raises(InputError) as error:
        sonify(small_model if model is None else model, source, layers, **settings)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_the_package_and_the_function_are_public():
    assert keras_sounddream.sonify is sonification.sonify
    assert all(getattr(sonification, name) for name in sonification.__all__)
