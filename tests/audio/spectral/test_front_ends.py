"""Front ends, against the formulas of the libraries whose spectrograms they are."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_sounddream import InputError
from keras_sounddream.audio import FrontEnd, LibrosaMel, StftMagnitude

RATE = 16000


@pytest.fixture
def sound(rng):
    """Half a second of noise and a tone, and silence: float32 `(2, 8000)`."""
    time = np.arange(RATE // 2) / RATE
    tone = 0.3 * np.sin(2 * np.pi * 440 * time) + rng.normal(0, 0.05, time.size)
    return np.stack([tone, np.zeros(time.size)]).astype("float32")


@pytest.mark.parametrize("transform", ["dft", "fft"])
@pytest.mark.parametrize(
    "settings", [(255, 128, None), (256, 128, None), (400, 160, 512), (301, 301, 600), (2, 1, 2)]
)
def test_the_magnitude_is_that_of_tensorflow(sound, settings, transform):
    found = StftMagnitude(*settings, transform=transform)(sound)
    wanted = tf.abs(tf.signal.stft(sound, *settings))
    assert found.shape == StftMagnitude(*settings).compute_output_shape(sound.shape)
    np.testing.assert_allclose(found, wanted, rtol=2e-4, atol=2e-5)


def slaney_mel(waveform, rate, n_fft, hop, n_mels, fmin, fmax, power, center, pad_mode):
    """librosa's mel spectrogram by its definition, in float64: `(n_mels, frames)`."""
    if center:
        waveform = np.pad(waveform.astype("float64"), n_fft // 2, mode=pad_mode)
    starts = range(0, len(waveform) - n_fft + 1, hop)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    spectra = [np.abs(np.fft.rfft(waveform[s : s + n_fft] * window)) ** power for s in starts]

    def hz(mel):
        return mel * 200 / 3 if mel < 15 else 1000 * np.exp((mel - 15) * np.log(6.4) / 27)

    def mel(hz):
        return hz * 3 / 200 if hz < 1000 else 15 + 27 * np.log(hz / 1000) / np.log(6.4)

    edges = [hz(m) for m in np.linspace(mel(fmin), mel(fmax or rate / 2), n_mels + 2)]
    bins = np.arange(n_fft // 2 + 1) * rate / n_fft
    bands = []
    for low, middle, high in zip(edges, edges[1:], edges[2:], strict=False):
        triangle = np.interp(bins, [low, middle, high], [0, 1, 0], left=0, right=0)
        bands.append(np.array(spectra) @ triangle * 2 / (high - low))
    return np.array(bands)


def decibels(mel, power, ref=1.0, top_db=80.0):
    factor, least = {1: (20, 1e-5), 2: (10, 1e-10)}[power]
    ref = mel.max() if ref == "max" else ref
    scaled = factor * np.log10(np.maximum(mel, least)) - factor * np.log10(max(ref, least))
    return scaled if top_db is None else np.maximum(scaled, scaled.max() - top_db)


OTHERS = {"n_fft": 512, "hop_length": 160, "n_mels": 40}
CASES = [
    {},
    {"power": 1.0, **OTHERS},
    {"power": 2.0, "center": False, **OTHERS},
    {"power": 2.0, "pad_mode": "reflect", "fmin": 50.0, "fmax": 7000.0, **OTHERS},
    {"n_fft": 512, "hop_length": 128, "n_mels": 128},  # of which some bands are empty
]
SCALES = [
    {"scale": "linear"},
    {"scale": "log", "log_offset": 1e-4},
    {"scale": "db"},
    {"scale": "db", "ref": "max", "top_db": 60.0},
    {"scale": "db", "ref": 0.1, "top_db": None},
]


def filled(case):
    defaults = {"n_fft": 2048, "hop_length": 512, "n_mels": 128, "fmin": 0.0, "fmax": None}
    return defaults | {"power": 2.0, "center": True, "pad_mode": "constant"} | case


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_the_mel_spectrogram_is_that_of_its_formula(sound, case, scale):
    full = filled(case)
    mel = slaney_mel(sound[0], RATE, *full.values())
    kind, options = scale["scale"], {k: v for k, v in scale.items() if k in ("ref", "top_db")}
    wanted = {
        "linear": lambda: mel,
        "log": lambda: np.log(mel + scale.get("log_offset", 1)),
        "db": lambda: decibels(mel, full["power"], **options),
    }[kind]()
    layer = LibrosaMel(RATE, **case, **scale)
    found = layer(sound)
    assert found.shape == layer.compute_output_shape(sound.shape)
    tolerance = {"rtol": 1e-3, "atol": 1e-5} if kind == "linear" else {"atol": 2e-2}
    np.testing.assert_allclose(found[0], wanted, **tolerance)
    assert np.isfinite(found[1]).all()


@pytest.mark.parametrize("case", CASES)
def test_the_mel_spectrogram_is_that_of_librosa(sound, case):
    librosa = pytest.importorskip("librosa")
    mel = librosa.feature.melspectrogram(y=sound[0], sr=RATE, **filled(case))
    np.testing.assert_allclose(
        LibrosaMel(RATE, scale="linear", transform="fft", **case)(sound)[0],
        mel,
        rtol=1e-3,
        atol=1e-6 * mel.max(),
    )
    convert = librosa.power_to_db if filled(case)["power"] == 2 else librosa.amplitude_to_db
    np.testing.assert_allclose(
        LibrosaMel(RATE, ref="max", **case)(sound)[0], convert(mel, ref=np.max), atol=2e-2
    )


def test_bands_come_last_where_they_are_to(sound):
    first, last = LibrosaMel(RATE, **OTHERS), LibrosaMel(RATE, bands_first=False, **OTHERS)
    np.testing.assert_array_equal(keras.ops.transpose(first(sound), (0, 2, 1)), last(sound))
    assert last.compute_output_shape((None, None)) == (None, None, 40)


@pytest.mark.parametrize("make", [StftMagnitude, lambda: LibrosaMel(**OTHERS)])
def test_gradients_are_finite_at_silence(sound, make):
    waveform = tf.constant(sound)
    with tf.GradientTape() as tape:
        tape.watch(waveform)
        total = tf.reduce_sum(make()(waveform))
    assert np.isfinite(tape.gradient(total, waveform)).all()


@keras.saving.register_keras_serializable(package="tests")
def registered(waveform):
    return keras.ops.abs(waveform)


@pytest.mark.parametrize(
    "layer",
    [
        StftMagnitude(300, 100, 512, sample_rate=8000, transform="fft"),
        LibrosaMel(8000, 512, 128, 20, ref="max", amin=1e-8, top_db=None, bands_first=False),
        FrontEnd(registered, 8000),
    ],
)
def test_layers_are_saved(layer, sound, tmp_path):
    inputs = keras.Input((None,))
    keras.Model(inputs, layer(inputs)).save(tmp_path / "net.keras")
    again = keras.models.load_model(tmp_path / "net.keras").layers[-1]
    assert again.get_config() == layer.get_config()
    assert again.sample_rate == 8000
    np.testing.assert_array_equal(again(sound), layer(sound))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: StftMagnitude(1), "`frame_length` must be an int of at least 2. Received: 1"),
        (lambda: StftMagnitude(255, 256), "`frame_step` must be an int from 1 to 255"),
        (lambda: StftMagnitude(255, 128, 200), "`fft_length` must be an int of at least 255"),
        (lambda: StftMagnitude(sample_rate=0), "`sample_rate` must be an int of at least 1"),
        (lambda: StftMagnitude(transform="fast"), "`transform` must be one of dft, fft"),
        (lambda: LibrosaMel(power=3), "`power` must be 1 or 2. Received: 3"),
        (lambda: LibrosaMel(n_fft=512, hop_length=513), "`step_seconds` <= `frame_seconds`"),
        (lambda: LibrosaMel(fmax=12000), r"`max_hz` <= 11025.0 \(half the sample rate\)"),
        (lambda: LibrosaMel(scale="dB"), "`scale` must be one of db, log, linear"),
        (lambda: LibrosaMel(ref="mean"), "`ref` must be above 0, or 'max'. Received: 'mean'"),
        (lambda: LibrosaMel(pad_mode="edge"), "`pad_mode` must be one of constant, reflect"),
        (lambda: LibrosaMel(log_offset=0), "`log_offset` must be finite and above 0"),
        (lambda: FrontEnd(7), "Expected a function of waveforms. Received: 7"),
        (lambda: FrontEnd(tf.abs).get_config(), "The front end 'abs' has no name to be saved by"),
        (lambda: FrontEnd(lambda x: x).get_config(), "front end '<lambda>' has no name"),
    ],
)
def test_settings_out_of_range_are_named(make, message):
    with pytest.raises(InputError, match=message) as refusal:
        make()
    assert "\n" not in str(refusal.value)
