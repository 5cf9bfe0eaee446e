"""Sound files and picture files as workflows take them."""

import keras
import numpy as np
import pytest
import soundfile

from keras_sounddream import InputError, audio
from keras_sounddream.audio import io as sound_io
from keras_sounddream.images import io as picture_io
from keras_sounddream.workflows import dream, media
from keras_sounddream.workflows.media import PICTURE_FILES, SOUND_FILES, Source, files_of


@pytest.fixture(scope="module")
def eye():
    inputs = keras.Input((None, None, 3))
    return keras.Model(inputs, keras.layers.Conv2D(2, 3, name="conv")(inputs), name="eye")


@pytest.fixture
def folder(tmp_path, monkeypatch, chirp):
    monkeypatch.chdir(tmp_path)
    audio.save("chirp.wav", chirp, 24000)
    picture_io.save_picture("photo.png", np.full((4, 6, 3), 128.0))
    (tmp_path / "text.txt").write_text("neither")
    return tmp_path


def test_the_model_chooses_the_kind_of_files(small_model, eye):
    assert files_of(small_model) is SOUND_FILES
    assert files_of(eye) is PICTURE_FILES
    assert (SOUND_FILES.kind, PICTURE_FILES.kind) == ("sound", "picture")


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (24000, 2), (44100, 6)])
def test_a_sound_keeps_its_rate_until_it_is_asked_for_another(rate, channels, folder, small_model):
    soundfile.write("in.wav", np.full((rate // 2, channels), 0.25), rate)
    source = SOUND_FILES.read("in.wav", small_model)
    assert (source.sample_rate, source.is_long) == (rate, False)
    assert source.data.shape == (1, rate // 2)
    at_rate = source.at(24000)
    assert at_rate.shape == (1, 12000)
    np.testing.assert_allclose(at_rate[0, 2000:-2000], 0.25, atol=1e-3)
    np.testing.assert_array_equal(at_rate, audio.load("in.wav", 24000))


@pytest.mark.parametrize(
    ("seconds", "is_long", "kept"),
    [(59.5, False, 59.5), (60, False, 60), (60.5, True, 60.5), (75, True, 61)],
)
def test_sounds_of_more_than_a_minute_are_long(seconds, is_long, kept, folder, small_model):
    soundfile.write("in.wav", np.full(round(seconds * 1000), 0.1), 1000)
    source = SOUND_FILES.read("in.wav", small_model)
    assert source.is_long is is_long
    assert source.data.shape == (1, round(kept * 1000))
    whole = SOUND_FILES.read("in.wav", small_model, whole=True)
    assert whole.data.shape == (1, round(seconds * 1000))
    assert whole.is_long is is_long


def test_a_picture_is_the_same_at_any_rate(folder, eye):
    source = PICTURE_FILES.read("photo.png", eye)
    assert source.data.shape == (1, 4, 6, 3)
    assert (source.sample_rate, source.is_long) == (None, False)
    assert source.at(16000) is source.data


def test_a_file_is_opened_once(folder, small_model, eye, monkeypatch):
    opened = []
    plain = sound_io.open_sound

    def spy(path):
        opened.append(str(path))
        return plain(path)

    monkeypatch.setattr(sound_io, "open_sound", spy)
    monkeypatch.setattr(picture_io, "is_picture", None)  # not to be called
    SOUND_FILES.read("chirp.wav", small_model)
    PICTURE_FILES.read("photo.png", eye)
    assert opened == ["chirp.wav"]


def test_a_dream_opens_its_input_once(folder, small_model, monkeypatch):
    opened = []
    plain = sound_io.open_sound
    monkeypatch.setattr(
        sound_io, "open_sound", lambda path: opened.append(str(path)) or plain(path)
    )
    quick = {"octaves": 1, "steps": 1, "progress": False}
    dream.dream_file("chirp.wav", "out.wav", small_model, ["conv2"], **quick)
    assert opened == ["chirp.wav", "out.wav"]


@pytest.mark.parametrize(
    ("files", "name", "message"),
    [
        (
            SOUND_FILES,
            "photo.png",
            "photo.png is a picture, and small takes sounds. Name a network",
        ),
        (SOUND_FILES, "text.txt", "Cannot read text.txt as sound"),
        (SOUND_FILES, "gone.wav", "there is no gone.wav"),
        (SOUND_FILES, ".", "but . is a folder"),
        (PICTURE_FILES, "chirp.wav", "chirp.wav is a sound, and eye takes pictures. Leave --model"),
        (PICTURE_FILES, "text.txt", "Cannot read text.txt as a picture"),
        (PICTURE_FILES, "gone.png", "Cannot read gone.png: there is no such file"),
        (PICTURE_FILES, ".", "but . is a folder"),
    ],
)
def test_what_cannot_be_read_is_named(files, name, message, folder, small_model, eye):
    model = small_model if files is SOUND_FILES else eye
    with pytest.raises(InputError, match=message.replace(".", r"\.")):
        files.read(name, model)


@pytest.mark.parametrize(
    ("files", "name", "message"),
    [
        (SOUND_FILES, "out.png", "No sound format is called .png"),
        (PICTURE_FILES, "out.wav", "Expected a picture .png"),
        (SOUND_FILES, "chirp.wav", "chirp.wav exists"),
        (PICTURE_FILES, "photo.png", "photo.png exists"),
        (PICTURE_FILES, "no/out.png", "The folder no for out.png does not exist"),
    ],
)
def test_outputs_are_checked_by_their_kind(files, name, message, folder):
    with pytest.raises(InputError, match=message):
        files.check_output(name, overwrite=False)


def test_what_is_saved_is_read_again(folder, small_model, eye, rng):
    waveform = np.round(rng.uniform(-0.9, 0.9, (1, 1000)) * 32768) / 32768
    SOUND_FILES.save("s.wav", waveform, 16000, overwrite=False)
    source = SOUND_FILES.read("s.wav", small_model)
    assert source.sample_rate == 16000
    np.testing.assert_array_equal(source.data, waveform.astype("float32"))
    pixels = np.round(rng.uniform(0, 255, (1, 5, 7, 3)))
    PICTURE_FILES.save("p.png", pixels, None, overwrite=False)
    np.testing.assert_array_equal(PICTURE_FILES.read("p.png", eye).data, pixels)
    with pytest.raises(InputError, match=r"s\.wav exists"):
        SOUND_FILES.save("s.wav", waveform, 16000, overwrite=False)
    with pytest.raises(InputError, match=r"p\.png exists"):
        PICTURE_FILES.save("p.png", pixels, None, overwrite=False)


@pytest.mark.parametrize(
    ("mode", "expected"), [(None, 128 / 127.5 - 1), ("none", 128.0), ("unit", 128 / 255)]
)
def test_guides_are_preprocessed_as_the_model_takes_them(mode, expected, folder, eye):
    guide = PICTURE_FILES.guide("photo.png", eye, mode)
    np.testing.assert_allclose(guide, np.full((1, 4, 6, 3), expected), atol=1e-6)


def test_a_model_with_a_front_end_preprocesses_pictures_itself(folder):
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Rescaling(1 / 255, name="front_end")(inputs)
    model = keras.Model(inputs, keras.layers.Conv2D(2, 3)(x))
    np.testing.assert_array_equal(
        PICTURE_FILES.guide("photo.png", model, None), np.full((1, 4, 6, 3), 128)
    )


def test_guides_of_sounds_have_the_models_rate(folder, small_model):
    soundfile.write("guide.wav", np.full(8000, 0.5), 8000)
    assert SOUND_FILES.guide("guide.wav", small_model, None).shape == (1, 24000)


@pytest.mark.parametrize(
    ("inputs", "output", "message"),
    [
        (["gone.wav"], "out.wav", "Expected a sound or a picture, but there is no gone.wav"),
        (["chirp.wav", "gone.png"], "out.wav", "there is no gone.png"),
        (["."], "out.wav", "but . is a folder"),
        (["chirp.wav"], "out", "No sound format is called that"),
        (["chirp.wav"], "out.txt", "No sound format is called .txt"),
        (["chirp.wav"], "chirp.wav", "chirp.wav exists"),
        (["chirp.wav"], "no/out.wav", "The folder no for out.wav does not exist"),
    ],
)
def test_names_reveal_mistakes(inputs, output, message, folder):
    with pytest.raises(InputError, match=message):
        media.check_names(tuple(inputs), output, overwrite=False)


@pytest.mark.parametrize("output", ["out.wav", "OUT.FLAC", "out.png", "out.JPG"])
def test_names_that_can_be_right_pass(output, folder):
    media.check_names(("chirp.wav", "photo.png"), output, overwrite=False)


def test_suffixes_of_pictures_are_those_of_images():
    assert media.PICTURE_SUFFIXES == picture_io.SUFFIXES


def test_sources_cannot_be_changed():
    with pytest.raises(AttributeError):
        Source("a.wav", np.zeros((1, 3))).is_long = True
