"""`sounddream train gan`, `train autoencoder` and `sample`."""

import keras
import numpy as np
import pytest
import soundfile
from PIL import Image

from keras_sounddream import audio
from keras_sounddream.applications import generators
from keras_sounddream.applications.generators import load_generator
from keras_sounddream.applications.weights import save as save_weights
from keras_sounddream.audio import SpectrogramPatches
from keras_sounddream.cli.main import main

TINY = {"latent_size": 4, "width": 0.02}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder of generators, of pictures and of sounds, an autoencoder, and something else."""
    folder = tmp_path_factory.mktemp("generators")
    generators.DCGANGenerator(**TINY).save(folder / "pictures.keras")
    patches = SpectrogramPatches()
    generators.DCGANGenerator(channels=1, patches=patches, **TINY).save(folder / "sounds.keras")
    sounds = generators.load_generator(folder / "sounds.keras")
    save_weights(sounds, folder / "sounds.npz")
    generators.Autoencoder(sounds, 0.05).save(folder / "auto.keras")
    np.savez(folder / "foreign.npz", a=np.zeros(3))
    inputs = keras.Input((3,))
    keras.Model(inputs, inputs, name="other").save(folder / "other.keras")
    return folder


def said(arguments, capsys):
    code = main([str(argument) for argument in arguments])
    return code, capsys.readouterr()


@pytest.mark.parametrize(
    ("name", "output", "size"),
    [("pictures", "o.png", (140, 72)), ("sounds", "o.png", (140, 72)), ("pictures", "o.gif", None)],
)
def test_samples_as_a_grid_or_an_animation(files, tmp_path, capsys, name, output, size):
    out = tmp_path / output
    code, text = said(["sample", files / f"{name}.keras", "-o", out, "--count", 2], capsys)
    assert (code, text.out) == (0, f"{out}: 2 samples, seed 0\n")
    with Image.open(out) as image:
        if size is None:
            assert (image.n_frames, image.size) == (2, (64, 64))
        else:
            assert image.size == size


def test_one_large_picture(files, tmp_path, capsys):
    out = tmp_path / "large.png"
    arguments = ["sample", files / "pictures.keras", "-o", out, "--size", 150, "--seed", 2]
    code, text = said(arguments, capsys)
    assert (code, text.out) == (0, f"{out}: 150 x 150 pixels, seed 2\n")
    with Image.open(out) as image:
        assert image.size == (150, 150)


def test_sounds_on_the_way_from_one_to_the_next(files, tmp_path, capsys):
    arguments = ["--count", 2, "--interpolate", 2, "--seed", 5]
    out = tmp_path / "o.wav"
    code, _ = said(["sample", files / "sounds.keras", "-o", out, *arguments], capsys)
    assert code == 0
    rate, samples = 24000, SpectrogramPatches().num_samples
    assert audio.load(out, rate).shape[1] == 3 * samples - 2 * round(0.05 * rate)
    again = tmp_path / "again.wav"
    said(["sample", files / "sounds.keras", "-o", again, *arguments], capsys)
    assert out.read_bytes() == again.read_bytes()


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("pictures.keras", ()),
        ("pictures.keras", ("--task", "generate")),
        ("sounds.npz", ("--task", "generate")),
        ("esc10_dreams", ("--task", "generate")),
    ],
)
def test_a_generator_is_exported(files, tmp_path, monkeypatch, capsys, name, task):
    pytest.importorskip("ai_edge_litert")
    monkeypatch.chdir(files)
    code, text = said(["export", name, *task, "-o", tmp_path / "g.tflite"], capsys)
    assert code == 0
    assert text.out.splitlines()[1].split()[:3] == ["generate", "differs", "by"]
    size = 4 if "." in name else load_generator(name).latent_size
    assert f"for a latent of {size}" in text.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["auto.keras", "--task", "generate"], "the tasks 'encode' and 'decode'. Received: 'gen"),
        (["other.keras", "--task", "generate"], "Expected a WaveNet. other.keras holds another"),
        (["foreign.npz"], "foreign.npz holds weights of something else, not of a generator"),
    ],
)
def test_what_does_not_generate_is_not_exported(
    files, tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(files)
    code, text = said(["export", *arguments, "-o", tmp_path / "g.tflite"], capsys)
    assert code == 2
    assert message in text.err
    assert text.err.count("\n") == 1
    assert not (tmp_path / "g.tflite").exists()


def test_a_dream_on_samples(files, tmp_path, capsys):
    out = tmp_path / "o.wav"
    arguments = ["--count", 1, "--layer", "block2_conv1", "--steps", 1]
    code, text = said(["sample", files / "sounds.keras", "-o", out, *arguments], capsys)
    assert code == 0
    assert "on which block2_conv1 is" in text.out


def test_training_on_sounds_and_sampling(tmp_path, capsys):
    (tmp_path / "data").mkdir()
    noise = np.random.default_rng(0).normal(0, 0.1, 60000)
    for name in ("a.wav", "5-a.wav"):
        soundfile.write(tmp_path / "data" / name, noise, 24000)
    common = ["--data", tmp_path / "data", "--width", 0.02, "--epochs", 1, "--batch-size", 4]
    common += ["--leave-out", "5-*"]
    for kind, name in (("gan", "g.npz"), ("autoencoder", "a.keras")):
        output, folder = tmp_path / name, tmp_path / kind
        arguments = ["train", kind, *common, "--folder", folder, "-o", output]
        code, text = said(arguments, capsys)
        assert code == 0
        assert "7 patches of sounds" in text.out
        assert (folder / "samples" / "progress.gif").exists()
        out = tmp_path / f"{kind}.wav"
        assert main(["sample", str(output), "-o", str(out), "--count", "1"]) == 0


def test_pictures_of_ones_own_become_dreams_and_these_a_generator(tmp_path, monkeypatch, capsys):
    """The path of natural dreams: dream a folder, train on the dreams, sample."""
    monkeypatch.chdir(tmp_path)
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(6, 3, strides=2, activation="relu", name="conv")(inputs)
    keras.Model(inputs, x, name="own").save("own.keras")
    (tmp_path / "photos" / "a").mkdir(parents=True)
    for number in range(2):
        pixels = np.random.default_rng(number).integers(0, 256, (80, 90, 3)).astype("uint8")
        Image.fromarray(pixels).save(tmp_path / "photos" / "a" / f"{number}.png")
    dream = ["dream", "photos", "-o", "dreams", "--model", "own.keras", "--layer", "conv"]
    dream += ["--preset", "natural_dreams", "--steps", 1]
    assert said(dream, capsys)[0] == 0
    train = ["train", "gan", "--data", "dreams", "-o", "gan.npz", "--width", 0.02, "--crops", 3]
    code, text = said([*train, "--batch-size", 4, "--epochs", 1], capsys)
    assert code == 0
    assert "6 pictures" in text.out
    assert said(["sample", "gan.npz", "-o", "grid.png", "--count", 3], capsys)[0] == 0


def test_dreams_of_sounds_become_a_generator_of_sounds(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clips").mkdir()
    noise = np.random.default_rng(0).normal(0, 0.1, 60000)
    soundfile.write(tmp_path / "clips" / "a.wav", noise, 24000)
    assert said(["dream", "clips", "-o", "dreams", "--octaves", 1, "--steps", 1], capsys)[0] == 0
    train = ["train", "gan", "--data", "dreams", "-o", "gan.keras", "--width", 0.02]
    code, text = said([*train, "--batch-size", 4, "--epochs", 1], capsys)
    assert code == 0
    assert "7 patches of sounds" in text.out
    out = tmp_path / "sounds.wav"
    assert said(["sample", "gan.keras", "-o", out, "--count", 2], capsys)[0] == 0
    assert soundfile.info(out).samplerate == 24000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["other.keras", "-o", "o.png"], "holds other, and no generator"),
        (["pictures.keras", "-o", "o.wav"], "The generator makes pictures: write .png or .gif"),
        (["pictures.keras", "-o", "o.png", "--layer", "block1_conv1"], "The network takes sounds"),
        (["sounds.keras", "-o", "o.png", "--size", "128"], "makes sounds: large pictures need one"),
        (["pictures.keras", "-o", "o.png", "--size", "32"], "`size` must be an int from 64"),
        (["sounds.keras", "-o", "o.png", "--layer", "block9"], "has no layer 'block9'"),
    ],
)
def test_what_does_not_fit(files, tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    code, text = said(["sample", files / arguments[0], *arguments[1:]], capsys)
    assert code == 2
    assert message in text.err
    assert text.err.count("\n") == 1
