"""Dreams, presets, guides and styles of the demo server, against those of Python."""

import pathlib

import numpy as np
import pytest
import soundfile

from keras_sounddream import StyleTransfer, objectives
from keras_sounddream.deepdream.ascent.gradient_ascent import GradientAscent
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.style_transfer.transfer import level_db
from keras_sounddream.errors import InputError
from keras_sounddream.web.server.jobs import Order
from keras_sounddream.web.server.networks import Network
from keras_sounddream.web.server.styles import Style
from keras_sounddream.workflows.making import make_dream

RATE = 24000


@pytest.fixture(scope="module")
def network(page_model):
    return Network(page_model)


@pytest.fixture(scope="module")
def style(page_model):
    return Style(page_model)


@pytest.fixture
def files(tmp_path, voice, rng):
    """A voice and a chirp at the network's rate, float samples, and where a dream goes."""
    chirp = 0.2 * np.sin(np.cumsum(np.linspace(0.1, 0.9, RATE)))
    for name, sound in {"voice": voice[0], "chirp": chirp}.items():
        soundfile.write(tmp_path / f"{name}.wav", sound, RATE, "FLOAT")
    return tmp_path


def read(path):
    return soundfile.read(path, dtype="float32")[0][None]


def dream(dreamer, folder, second=None, first="voice.wav", most=20.0, **choice):
    """The objective before each step of a dream that is written into a folder."""
    history = []

    def watch(done, total, objective):
        assert (done, total >= done) == (len(history) + 1, True)
        history.append(objective)
        return True

    paths = folder / first, folder / "dream.wav"
    dreamer.dream(Order(*paths, most, second and folder / second), choice, watch)
    return np.array(history)


def same(history, wanted):
    """Ties go one way or the other, so that later steps agree less."""
    wanted = wanted[:, 0]
    assert len(history) == len(wanted)
    np.testing.assert_allclose(history[:3], wanted[:3], rtol=1e-3)
    assert abs(history[-1] - wanted[-1]) < 0.05 * abs(wanted[-1] - wanted[0])


def test_a_guided_dream_is_that_of_python(network, page_model, files):
    history = dream(network, files, "chirp.wav", on="conv2", strength=0.75, steps=5)
    guided = objectives.guided(page_model, ["conv2"], [read(files / "chirp.wav")])
    plain = DeepDream(page_model, guided, strength=0.75, steps=5)
    same(history, plain.run(read(files / "voice.wav")).objective)


def test_a_preset_is_that_of_python(network, page_model, files):
    history = dream(network, files, on="conv1", preset="heard", steps=5)
    plain = DeepDream(page_model, "conv1", preset="heard", steps=15)
    same(history, plain.run(read(files / "voice.wav")).objective)


@pytest.mark.parametrize(("preset", "steps"), [("natural_dreams", 75), ("heard", 15)])
def test_fewer_steps_of_a_preset_raise_the_objective(network, files, preset, steps):
    history = dream(network, files, on="conv2", preset=preset, steps=5)
    assert len(history) == steps
    assert history[-1] > history[0]


@pytest.mark.parametrize(("preset", "strength"), [("gentle", 0.25), ("default", 0.5), ("vivid", 1)])
def test_some_presets_are_strengths(network, files, preset, strength):
    named = dream(network, files, on="conv1", preset=preset, steps=5)
    np.testing.assert_array_equal(
        named, dream(network, files, on="conv1", strength=strength, steps=5)
    )


def test_a_class_begins_with_a_second_sound_as_in_python(network, page_model, files):
    history = dream(network, files, "chirp.wav", on="High", preset="heard", steps=5)
    plain = make_dream(
        page_model, guides=[files / "chirp.wav"], label="High", preset="heard", steps=15
    )
    same(history, plain.run(read(files / "voice.wav")).objective)


@pytest.mark.parametrize(("strength", "weight"), [(0.0, 2.0), (0.5, None), (1.0, 0.0)])
def test_a_style_is_that_of_python(style, page_model, files, strength, weight):
    history = dream(style, files, "chirp.wav", strength=strength, steps=5)
    source, examples = read(files / "voice.wav"), [read(files / "chirp.wav")]
    settings = {"content_weight": weight, "level_db": level_db(source), "steps": 15}
    same(history, StyleTransfer(page_model, examples, **settings).run(source).objective)


@pytest.mark.parametrize("name", ["random_convolution", "sound_texture"])
def test_networks_of_style_need_no_model(name, files):
    history = dream(Style(name), files, "chirp.wav", strength=0.5, steps=5)
    assert len(history) == 15
    assert history[0] < history[-1] < 0


def test_no_choice_and_no_length_makes_a_new_graph(network, style, files, monkeypatch):
    traced = []
    score = GradientAscent.moved_score
    monkeypatch.setattr(
        GradientAscent, "moved_score", lambda *a, **k: traced.append(1) or score(*a, **k)
    )
    dream(network, files, on="conv1", strength=0.5, steps=5)
    dream(network, files, on="conv1", preset="heard", steps=5)
    dream(style, files, "chirp.wav", strength=0.5, steps=5)
    traced.clear()
    for first, second in [("voice.wav", "chirp.wav"), ("chirp.wav", "voice.wav")]:
        dream(network, files, second, first, on="conv2", strength=0.3, steps=5)
        dream(network, files, second, first, on="High", preset="heard", steps=10)
        dream(style, files, second, first, strength=0.9, steps=10)
    assert traced == []


@pytest.mark.parametrize("dreamer", ["network", "style"])
def test_dreams_have_the_rate_the_channels_and_the_length_of_their_sound(
    request, dreamer, files, rng
):
    stereo = rng.normal(0, 0.1, (44100, 2)) * [1.0, 0.5]
    soundfile.write(files / "stereo.wav", stereo, 44100, "PCM_24")
    choice = {"network": {"on": "conv2"}, "style": {}}[dreamer]
    dream(
        request.getfixturevalue(dreamer), files, "chirp.wav", "stereo.wav",
        strength=1.0, steps=5, **choice,
    )  # fmt: skip
    made, rate = soundfile.read(files / "dream.wav")
    assert (rate, made.shape) == (44100, (44100, 2))
    assert soundfile.info(files / "dream.wav").subtype == "PCM_24"
    assert 0.3 < np.std(made[:, 1]) / np.std(made[:, 0]) < 0.7
    above = np.abs(np.fft.rfft(made[:, 0]))[int(0.6 * 44100 / 2) :]  # what the network does not get
    assert np.sqrt(np.mean(above**2)) > 0.1 * np.std(stereo[:, 0])


@pytest.mark.parametrize(
    ("sound", "second", "sentence"),
    [
        (np.zeros(RATE), "chirp.wav", "silent"),
        (np.ones(20), "chirp.wav", "at least 0.0"),
        (np.ones(RATE * 3), "chirp.wav", "Expected at most 2 s of sound: cut a piece out."),
        ("voice", np.zeros(RATE), "silent"),
        ("voice", np.ones(RATE * 3), "The second sound: Expected at most 2 s"),
        ("voice", b"RIFF", "The second sound: "),
        (b"", "chirp.wav", ""),
    ],
)
@pytest.mark.parametrize("dreamer", ["network", "style"])
def test_sounds_that_are_no_use_are_refused_in_a_sentence(
    request, dreamer, files, sound, second, sentence
):
    for name, content in {"first.wav": sound, "second.wav": second}.items():
        if isinstance(content, bytes):
            (files / name).write_bytes(content)
        elif isinstance(content, str):
            pathlib.Path(files / name).symlink_to(files / f"{content.removesuffix('.wav')}.wav")
        else:
            soundfile.write(files / name, content, RATE)
    choice = {"network": {"on": "conv2"}, "style": {}}[dreamer]
    with pytest.raises(InputError) as error:
        dream(
            request.getfixturevalue(dreamer), files, "second.wav", "first.wav", 2.0,
            strength=1.0, steps=5, **choice,
        )  # fmt: skip
    assert sentence in str(error.value)


def test_a_guide_that_is_too_short_is_refused_with_the_least_seconds(network, files):
    soundfile.write(files / "short.wav", np.full(100, 0.1), RATE)
    with pytest.raises(InputError, match=r"The second sound: Expected at least 0\.\d+ s"):
        dream(network, files, "short.wav", on="conv2", strength=0.5, steps=5)


@pytest.fixture(scope="module")
def long_network():
    """A network whose second layer takes 1.6 s."""
    import keras

    from keras_sounddream.audio import Analysis, LogMelSpectrogram

    analysis = Analysis(sample_rate=RATE, step_seconds=0.02, num_mel_bins=16)
    inputs = keras.Input((None,), name="waveform")
    x = LogMelSpectrogram(analysis, name="front_end")(inputs)
    x = keras.layers.Conv1D(4, 3, activation="relu", name="short")(x)
    x = keras.layers.Conv1D(4, 78, activation="relu", name="long")(x)
    return Network(keras.Model(inputs, x, name="patient"))


def test_layers_that_need_long_sounds_leave_short_ones_to_the_others(long_network, files):
    assert 0.25 <= long_network.description["least_seconds"] < 1
    first = "chirp.wav"  # 1 s
    assert len(dream(long_network, files, None, first, on="short", strength=0.5, steps=5)) == 20
    with pytest.raises(InputError, match=r"too few for layer 'long', which takes 1\.\d+ s or more"):
        dream(long_network, files, None, first, on="long", strength=0.5, steps=5)
    assert len(dream(long_network, files, on="long", strength=0.5, steps=5)) == 20


def test_a_network_of_one_length_is_refused_with_it():
    import keras

    inputs = keras.Input((RATE,), name="waveform")
    x = keras.layers.Reshape((-1, 1))(inputs)
    model = keras.Model(inputs, keras.layers.Conv1D(2, 9, name="conv")(x), name="fixed")
    model.sample_rate = RATE
    with pytest.raises(InputError, match=r"any length.*fixed takes inputs of shape \(None, 24000"):
        Network(model)
