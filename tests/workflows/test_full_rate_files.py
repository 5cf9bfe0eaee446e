"""Dreams of files keep the file's rate, channels, length and bits, and the objective is in them."""

import json

import numpy as np
import pytest
import soundfile

from keras_sounddream import DeepDream, InputError, audio, objectives
from keras_sounddream.audio.io import read_channels
from keras_sounddream.workflows.dream import dream_file

QUICK = {"octaves": 1, "steps": 3, "progress": False}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name, rate, channels, subtype="PCM_16", seconds=1.0):
    """A tone that rises, moves through the channels, and some noise."""
    time = np.arange(round(rate * seconds)) / rate
    tone = 0.2 * np.sin(2 * np.pi * (200 + 300 * time) * time)
    noise = np.random.default_rng(0).normal(0, 0.02, (len(time), channels))
    places = np.cos(time[:, np.newaxis] + np.arange(channels))
    soundfile.write(name, tone[:, np.newaxis] * places**2 + noise, rate, subtype)


@pytest.mark.parametrize(
    ("name", "rate", "channels", "subtype", "output", "written"),
    [
        ("a.wav", 48000, 2, "PCM_24", "o.wav", "PCM_24"),
        ("a.flac", 44100, 2, "PCM_24", "o.flac", "PCM_24"),
        ("a.wav", 44100, 1, "FLOAT", "o.wav", "FLOAT"),
        ("a.wav", 22050, 2, "FLOAT", "o.flac", "PCM_24"),
        ("a.wav", 44100, 6, "PCM_16", "o.wav", "PCM_16"),
        ("a.wav", 8000, 2, "PCM_U8", "o.wav", "PCM_16"),
        ("a.ogg", 44100, 2, "VORBIS", "o.ogg", "VORBIS"),
        ("a.mp3", 44100, 2, "MPEG_LAYER_III", "o.wav", "PCM_16"),
    ],
)
def test_form_and_objective_are_kept(
    name, rate, channels, subtype, output, written, folder, small_model
):
    write(name, rate, channels, subtype)
    result = dream_file(name, output, small_model, ["conv2"], **QUICK)
    before, after = soundfile.info(name), soundfile.info(output)
    assert (after.samplerate, after.channels, after.subtype) == (rate, channels, written)
    assert after.frames == before.frames
    assert result.gain[0] > 1.1
    assert result.retained[0] == pytest.approx(1, abs=0.05 if rate > 8000 else 0.3)
    figures = json.loads(json.dumps(result.figures()))
    form = {"sample_rate": rate, "channels": channels, "coding": f"{after.format} {written}"}
    assert figures["written"] == {**form, "mix": 1.0, "from": None, "to": None, "band": None}


def test_the_networks_rate_in_mono_is_what_the_dream_is(folder, small_model):
    write("a.wav", 44100, 2)
    result = dream_file("a.wav", "o.wav", small_model, ["conv2"], rate=24000, mono=True, **QUICK)
    dream = DeepDream(small_model, objectives.layer("conv2"), octaves=1, steps=3)
    wanted = dream.run(audio.load("a.wav", 24000))
    audio.save("w.wav", wanted.waveform, 24000)
    assert (folder / "o.wav").read_bytes() == (folder / "w.wav").read_bytes()
    np.testing.assert_array_equal(result.objective_real, wanted.objective_real)


def test_a_region_is_dreamed_alone_and_the_rest_is_the_input(folder, small_model):
    write("a.wav", 44100, 2, "PCM_24", seconds=2.0)
    region = {"start": 0.5, "end": 1.5}
    result = dream_file("a.wav", "o.wav", small_model, ["conv2"], **region, **QUICK)
    before, after = (read_channels(name)[0] for name in ("a.wav", "o.wav"))
    changed = np.flatnonzero((before != after).any(axis=0)) / 44100
    assert 0.5 <= changed[0] < 0.55
    assert 1.45 < changed[-1] <= 1.5
    assert result.source.shape == result.dream.shape == (1, 24000)
    assert result.gain[0] > 1.05
    assert result.retained[0] > 0.7
    assert (result.written["from"], result.written["to"]) == (0.5, 1.5)


def test_half_of_a_dream_has_part_of_the_objective(folder, small_model):
    write("a.wav", 44100, 2)
    whole, half, none = (
        dream_file("a.wav", f"{mix}.wav", small_model, ["conv2"], mix=mix, **QUICK)
        for mix in (1.0, 0.5, 0.0)
    )
    assert whole.gain[0] > half.gain[0] > 1.02
    assert none.gain[0] == pytest.approx(1, abs=1e-3)
    np.testing.assert_array_equal(read_channels("0.0.wav")[0], read_channels("a.wav")[0])


@pytest.mark.parametrize(
    ("output", "settings", "message"),
    [
        ("o.opus", {}, r"Cannot write o.opus at 44100 Hz .* give --rate 48000 \(rate=48000\)"),
        ("o.mp3", {}, r"fewer channels than 6: give --mono \(mono=True\)"),
        ("o.wav", {"start": 3.0}, r"begins in the sound, which lasts 1.00 s"),
        ("o.wav", {"band": (23000, 24000)}, "a band below 22050 Hz"),
        ("o.wav", {"rate": "high"}, "`rate` must be an int"),
        ("o.wav", {"start": 0.5, "end": 0.51}, "Expected at least 0.04 s to dream on"),
    ],
)
def test_what_cannot_be_written_is_said_and_nothing_is(
    output, settings, message, folder, small_model
):
    write("a.wav", 44100, 6)
    with pytest.raises(InputError, match=message):
        dream_file("a.wav", output, small_model, ["conv2"], **settings, **QUICK)
    assert [path.name for path in folder.iterdir()] == ["a.wav"]


def test_pictures_have_no_channels_and_no_mixture(folder):
    import keras

    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, keras.layers.Conv2D(2, 3, name="conv")(inputs))
    with pytest.raises(InputError, match="are of sounds, and this network takes pictures"):
        dream_file("a.png", "o.png", model, ["conv"], mix=0.5)


def test_music_in_stereo_keeps_its_form_and_the_objective(folder, media, small_model):
    music, rate = soundfile.read(media / "audio" / "guit_em9.flac", frames=3 * 44100)
    soundfile.write("a.wav", music, rate, "PCM_24")
    result = dream_file("a.wav", "o.wav", small_model, ["conv2"], **QUICK)
    info = soundfile.info("o.wav")
    assert (info.samplerate, info.channels, info.subtype) == (44100, 2, "PCM_24")
    assert result.retained[0] == pytest.approx(1, abs=0.05)
