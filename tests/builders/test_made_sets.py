"""Data sets that are made here: dreams of others, and videos of the test's own."""

import functools
import importlib.util
import json

import numpy as np
import pytest
import soundfile
import tensorflow_datasets as tfds
from made_clips import RATE

from keras_sounddream import InputError
from keras_sounddream.audio.io import resample
from tfds_builders.natural_dreams import natural_dreams_dataset_builder as natural_dreams
from tfds_builders.natural_images import natural_images_dataset_builder as natural_images
from tfds_builders.sound_video import sound_video_dataset_builder as sound_video
from tfds_builders.spoken_digit_folder import spoken_digit_folder_dataset_builder as digits

SHORT = {"octaves": 1, "steps": 2}


def build_dummy(name, module, folder, manual=None):
    manual = manual or module.Builder.code_path.parent / "dummy_data"
    builder = tfds.builder(name, data_dir=folder)
    builder.download_and_prepare(download_config=tfds.download.DownloadConfig(manual_dir=manual))
    return builder


def build_dreams(folder, name="made", **config):
    config = natural_dreams.DreamConfig(name=name, preset=None, settings=SHORT, **config)
    builder = tfds.builder("natural_dreams", data_dir=folder, config=config)
    builder.download_and_prepare()
    return builder, list(tfds.as_numpy(builder.as_dataset(split="train")))


@pytest.fixture
def sound_model(small_model, tmp_path):
    small_model.save(tmp_path / "small.keras")
    return str(tmp_path / "small.keras")


def test_dreams_of_sounds_say_how_they_were_made(tmp_path, sound_model, chirp):
    (tmp_path / "digits" / "recordings").mkdir(parents=True)
    for name, waveform in (
        ("1_theo_5", chirp[0]),
        ("2_theo_6", chirp[0, ::-1]),
        ("3_theo_0", chirp[0]),
    ):
        path = tmp_path / "digits" / "recordings" / f"{name}.wav"
        soundfile.write(path, resample(waveform[None], 24000, 8000)[0], 8000)
    source = build_dummy("spoken_digit_folder", digits, tmp_path, tmp_path / "digits")
    of_sounds = {"source": "spoken_digit_folder", "of_pictures": False, "examples_per_bundle": 2}
    of_sounds |= {"model": sound_model, "weights": None, "layers": ("conv2",)}
    _, made = build_dreams(tmp_path, **of_sounds, split="test+train[1:]")
    found = {example["source_id"].decode()[-7:]: example for example in made}
    assert found.keys() == {"/test/0", "train/1"}
    expected = tfds.as_numpy(source.as_dataset(split="test+train[1:]"))
    for place, example in zip(("/test/0", "train/1"), expected, strict=True):
        dream = found[place]
        settings = json.loads(dream["settings"])
        assert settings["settings"]["steps"] == 2
        assert settings["layers"] == ["conv2"]
        assert "data_dir" not in settings
        assert dream["label"].decode() == str(example["label"])
        assert dream["objective_real"] > dream["objective_before"]
        heard = resample(example["audio"][None] / 32768, 8000, dream["sample_rate"])[0]
        assert dream["audio"].shape == heard.shape
        assert np.sqrt(np.mean(np.square(dream["audio"] / 32768))) == pytest.approx(
            np.sqrt(np.mean(np.square(heard))), rel=0.01
        )


def test_dreams_of_pictures_are_squares(tmp_path):
    import keras

    build_dummy("natural_images", natural_images, tmp_path)
    inputs = keras.Input((None, None, 3))
    outputs = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(inputs)
    keras.Model(inputs, outputs).save(tmp_path / "eye.keras")
    config = {"model": str(tmp_path / "eye.keras"), "weights": None}
    with pytest.raises(InputError, match=r"Expected a split of natural_images.*'test'"):
        build_dreams(tmp_path, **config | {"split": "test"})
    _, made = build_dreams(tmp_path, **config, picture_size=24)
    assert len(made) == 8
    assert {example["image"].shape for example in made} == {(24, 24, 3)}
    assert {example["label"] for example in made} == {
        name.encode() for name in natural_images.CLASSES
    }


@pytest.mark.skipif(not importlib.util.find_spec("apache_beam"), reason="needs the extra beam")
def test_beam_makes_the_same_dreams(tmp_path, sound_model):
    build_dummy("spoken_digit_folder", digits, tmp_path)
    of_sounds = {"source": "spoken_digit_folder", "of_pictures": False, "model": sound_model}
    make = functools.partial(build_dreams, tmp_path, **of_sounds, weights=None)
    made = [make("alone")[1], make("by_beam", beam=True, examples_per_bundle=1)[1]]
    alone, by_beam = (sorted(each, key=lambda example: example["source_id"]) for each in made)
    assert len(by_beam) == 2
    for one, other in zip(alone, by_beam, strict=True):
        assert one["source_id"] == other["source_id"]
        np.testing.assert_array_equal(one["audio"], other["audio"])


@pytest.mark.parametrize(("config", "message"), [
    ({"source": "nothing"}, "no data set 'nothing'"),
    ({"source": "esc50/esc10"}, "Build it first"),
    ({"source": "spoken_digit_folder"}, "has no image to dream on"),
    ({"source": "spoken_digit_folder", "of_pictures": False, "examples_per_bundle": 0},
     "at least 1. Received: 0"),
    ({"source": "spoken_digit_folder", "of_pictures": False, "split": "train[2:1]"},
     r"nothing in the part 'train\[2:1\]'"),
    ({"source": "spoken_digit_folder", "of_pictures": False, "split": "all[:9%]"},
     "Expected a split of .*Received: 'all"),
])  # fmt: skip
def test_what_cannot_be_dreamed_on_is_named(tmp_path, config, message):
    if config["source"] == "spoken_digit_folder":
        build_dummy("spoken_digit_folder", digits, tmp_path)
    with pytest.raises(InputError, match=message):
        build_dreams(tmp_path, **config)


def test_videos_become_pictures_and_sound(tmp_path, rng):
    pytest.importorskip("av")
    from datasets.small_videos import write_video

    pictures = np.stack([np.full((64, 96, 3), 25 * i, "uint8") for i in range(8)])  # of 0.2 s
    time = np.arange(round(1.6 * RATE)) / RATE
    tone = (0.3 * np.sin(2 * np.pi * 440 * time)).astype("float32")
    (tmp_path / "videos").mkdir()
    write_video(tmp_path / "videos" / "tone.mkv", pictures, tone, rate=RATE)
    write_video(tmp_path / "videos" / "brief.mp4", pictures[:1], tone[:1102], rate=RATE)
    write_video(tmp_path / "videos" / "silent.mkv", pictures, None)
    config = sound_video.VideoConfig(
        name="short", step_seconds=0.38, most_seconds=1.2, picture_size=32, sample_rate=8000
    )
    builder = tfds.builder("sound_video", data_dir=tmp_path, config=config)
    manual = tfds.download.DownloadConfig(manual_dir=tmp_path / "videos")
    builder.download_and_prepare(download_config=manual)
    found = {each["recording"]: each for each in tfds.as_numpy(builder.as_dataset(split="train"))}
    assert found.keys() == {b"tone.mkv", b"brief.mp4"}
    brief, example = found[b"brief.mp4"], found[b"tone.mkv"]
    np.testing.assert_allclose(brief["times"], [len(brief["audio"]) / 8000])
    assert brief["times"] < 0.19
    np.testing.assert_allclose(example["times"], [0.19, 0.57, 0.95], rtol=1e-6)
    shown = [np.median(picture) for picture in example["images"]]
    np.testing.assert_allclose(shown, [25, 75, 125], atol=8)
    assert example["images"].shape == (3, 32, 32, 3)
    assert example["audio"].shape == (9600,)
    spectrum = np.abs(np.fft.rfft(example["audio"][:8000]))
    assert np.argmax(spectrum) == 440
    assert "silent.mkv has none" in builder.info.metadata["broken_files"][0]
