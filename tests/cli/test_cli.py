"""The command line: what it writes, and that bad input is one line and exit code 2."""

import json

import numpy as np
import pytest
import soundfile
from PIL import Image

from keras_sounddream import audio
from keras_sounddream.cli.main import main

FIGURES = {
    "objective_before", "objective_believed", "objective_real", "gain", "retained", "seconds",
    "steps", "layers", "sample_rate",
}  # fmt: skip
QUICK = ("--octaves", "1", "--steps", "2")


@pytest.fixture
def folder(tmp_path, monkeypatch, chirp):
    monkeypatch.chdir(tmp_path)
    audio.save("chirp.wav", chirp, 24000)
    return tmp_path


def test_dream_writes_sound_picture_and_figures(folder):
    outputs = ("-o", "out.wav", "--plot", "out.png", "--json", "out.json")
    assert main(["dream", "chirp.wav", *outputs, *QUICK, "--layer", "block1_conv2"]) == 0
    assert soundfile.info("out.wav").samplerate == 24000
    assert (folder / "out.png").read_bytes().startswith(b"\x89PNG")
    figures = json.loads((folder / "out.json").read_text())
    assert set(figures) >= FIGURES
    assert figures["steps"] == 2
    assert figures["layers"] == ["block1_conv2"]
    assert figures["gain"] > 1
    assert figures["retained"] == pytest.approx(1, abs=0.05)


def test_dream_takes_several_layers_and_channels_and_defaults_to_a_middle_layer(folder):
    several = ("--layer", "block2_conv1", "--layer", "block3_conv2:5")
    assert main(["dream", "chirp.wav", "-o", "a.wav", "--json", "a.json", *QUICK, *several]) == 0
    figures = json.loads((folder / "a.json").read_text())
    assert figures["layers"] == ["block2_conv1", "block3_conv2"]
    assert figures["name"] == "block2_conv1 + block3_conv2 channel 5"
    assert main(["dream", "chirp.wav", "-o", "b.wav", "--json", "b.json", *QUICK]) == 0
    assert json.loads((folder / "b.json").read_text())["layers"] == ["block3_conv2"]


def test_dream_replaces_files_when_asked(folder):
    (folder / "out.wav").write_bytes(b"old")
    assert main(["dream", "chirp.wav", "-o", "out.wav", "--force", *QUICK]) == 0
    assert soundfile.info("out.wav").frames == 24000


@pytest.mark.parametrize(("rate", "channels"), [(8000, 6), (192000, 1), (192000, 2)])
def test_dream_takes_any_rate_and_channels(folder, rate, channels):
    noise = np.random.default_rng(0).normal(0, 0.1, (rate // 2, channels))
    soundfile.write("in.wav", noise, rate)
    assert main(["dream", "in.wav", "-o", "out.wav", *QUICK]) == 0
    written = soundfile.info("out.wav")
    assert (written.channels, written.samplerate) == (channels, rate)


def test_classify_names_classes(folder, capsys):
    soundfile.write("short.wav", 0.1 * np.ones(1200), 24000)  # 0.05 s
    assert main(["classify", "chirp.wav", "short.wav", "--top", "2", "--json", "out.json"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("%") == 4
    named = json.loads((folder / "out.json").read_text())
    assert list(named) == ["chirp.wav", "short.wav"]
    assert named["chirp.wav"][0]["score"] >= named["chirp.wav"][1]["score"]


def test_layers_lists_names_shapes_and_fields(capsys):
    assert main(["layers", "log_mel_cnn"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "40.0 ms" in lines["front_end"]
    assert "(?, ?, 16, 128)" in lines["block3_conv2"]
    assert "whole sound" in lines["predictions"]


def test_dream_on_a_picture_takes_a_network_that_preprocesses_itself(folder, capsys):
    import keras

    from keras_sounddream.applications import SqueezeNet, weights
    from keras_sounddream.images.io import save_picture

    keras.utils.set_random_seed(0)
    save_picture("in.png", np.random.default_rng(0).uniform(0, 255, (64, 80, 3)))
    weights.save(SqueezeNet(weights=None), "w.npz")
    network = ("--model", "squeezenet", "--weights", "w.npz")
    for choice in (("--layer", "fire3_concat"), ("--class", "tabby")):
        dream = ["dream", "in.png", "-o", "out.png", "--json", "out.json", "--force"]
        assert main([*dream, *network, *choice, *QUICK]) == 0
        figures = json.loads((folder / "out.json").read_text())
        assert figures["objective_real"] > figures["objective_before"]
    assert main(["layers", "squeezenet"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "59 pixels" in lines["fire5_concat"]
    assert "whole picture" in lines["predictions"]
    locally = ("--guide", "in.png", "--guidance", "guided_locally", "--layer", "fire3_concat")
    for choice in (("--class", "281"), locally):
        dream = ["dream", "in.png", "-o", "out.png", "--json", "out.json", "--force"]
        assert main([*dream, *network, *choice, *QUICK]) == 0
        figures = json.loads((folder / "out.json").read_text())
        assert figures["objective_real"] > figures["objective_before"]
    assert main(["classify", "in.png", *network]) == 2
    assert "Expected a model from waveforms" in capsys.readouterr().err


def test_a_model_of_ones_own_is_named_by_its_file(folder, small_model):
    small_model.save("mine.keras")
    assert main(["dream", "chirp.wav", "-o", "o.wav", "--model", "mine.keras", *QUICK]) == 0


@pytest.fixture
def eye(folder, rng):
    """`eye.keras`, a network of pictures, and `photo.png`."""
    import keras

    from keras_sounddream.images.io import save_picture

    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="conv")(inputs)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    keras.Model(inputs, x, name="eye").save("eye.keras")
    save_picture("photo.png", rng.uniform(0, 255, (40, 48, 3)))
    return "--model", "eye.keras", *QUICK


def test_a_picture_is_dreamed_with_a_model_of_ones_own(folder, eye):
    read = {}
    for mode in ("tf", "unit", "none"):
        options = ("--preprocessing", mode, "--json", f"{mode}.json")
        assert main(["dream", "photo.png", "-o", f"{mode}.png", *eye, *options]) == 0
        read[mode] = json.loads((folder / f"{mode}.json").read_text())["objective_before"]
    assert read["none"] == pytest.approx(255**2 * read["unit"], rel=1e-3)
    assert main(["dream", "photo.png", "-o", "out.png", *eye, "--json", "out.json"]) == 0
    assert json.loads((folder / "out.json").read_text())["objective_before"] == read["tf"]


def test_tiles_are_averaged_when_asked(folder, eye):
    tiled = ("--layer", "pool", "--tile-pixels", "16")
    assert main(["dream", "photo.png", "-o", "out.png", *eye, *tiled]) == 2
    assert main(["dream", "photo.png", "-o", "out.png", *eye, *tiled, "--approximate"]) == 0


def test_a_warning_is_one_line(folder, eye, capsys):
    import keras

    model = keras.models.load_model("eye.keras")
    x = model.get_layer("conv").output
    for i in range(4):
        x = keras.layers.Conv2D(4, 3, padding="same", name=f"conv{i}")(x)
    keras.Model(model.inputs[0], x).save("deep.keras")
    tiled = ("--model", "deep.keras", "--layer", "conv3", "--tile-pixels", "8", *QUICK)
    assert main(["dream", "photo.png", "-o", "out.png", *tiled]) == 0
    said = [line for line in capsys.readouterr().err.splitlines() if "tile" in line]
    assert len(said) == 1
    assert said[0].startswith("sounddream: These tiles make ")


def test_layers_lists_networks_of_pictures(folder, eye, capsys):
    assert main(["layers", "eye.keras"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "3 pixels" in lines["conv"]
    assert "whole picture" in lines["pool"]
    assert main(["layers", "mobilenet"]) == 0
    assert "conv_pw_13" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chirp.wav", "-o", "o.png"], "chirp.wav is a sound, and eye takes pictures"),
        (["photo.png", "-o", "o.wav"], "Expected a picture .png"),
        (
            ["photo.png", "-o", "o.png", "--parameterization", "mask"],
            "`parameterization` is a setting of sounds",
        ),
        (["photo.png", "-o", "o.png", "--tile-seconds", "1"], "use `tile_pixels`"),
        (["photo.png", "-o", "o.png", "--guide", "chirp.wav"], "chirp.wav is a sound"),
        (["photo.png", "-o", "o.png", "--preprocessing", "bgr"], "must be one of tf, torch"),
        (
            ["photo.png", "-o", "o.png", "--preprocessing", "bgr", "--guide", "photo.png"],
            "'--preprocessing': It must be one of tf, torch",
        ),
        (["photo.png", "-o", "o.png", "--plot", "p.png"], "write a report instead"),
        (["photo.png", "-o", "o.png", "--layer", "pool", "--tile-pixels", "9"], "--approximate"),
        (["photo.png", "-o", "o.png", "--tile-pixels", "-1"], "'--tile-pixels': It must be an int"),
        ([".", "-o", "o.png"], "Expected a folder to write several dreams into"),
        (["missing.png", "-o", "o.png"], "there is no missing.png"),
    ],
)
def test_bad_input_of_pictures_is_one_line(folder, eye, capsys, arguments, message):
    before = sorted(path.name for path in folder.iterdir())
    assert main(["dream", *arguments, *eye]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("sounddream: ") == 1
    assert "Traceback" not in said
    assert sorted(path.name for path in folder.iterdir()) == before


def test_models_that_cannot_dream_are_named(folder, capsys):
    import keras

    unbuilt = keras.Sequential([keras.layers.Dense(3)], name="unbuilt")
    with pytest.warns(UserWarning, match="not yet been built"):
        unbuilt.save("unbuilt.keras")
    for command in (["dream", "chirp.wav", "-o", "o.wav", "--model"], ["layers"]):
        assert main([*command, "unbuilt.keras"]) == 2
        assert "unbuilt has no known inputs" in capsys.readouterr().err
    assert main(["gallery", "chirp.wav", "g", "--model", "unbuilt.keras"]) == 2
    assert not (folder / "g").exists()


def test_evaluate_prints_what_the_model_card_says(esc10, folder, capsys):
    import pathlib
    import re

    card = pathlib.Path(__file__).parents[2] / "saved_models" / "log_mel_cnn_esc10.md"
    said = re.search(r"Fold 5 with the shipped weights: \*\*(.+) %\*\*", card.read_text())[1]
    options = ("--weights", "esc10", "--data", str(esc10), "--fold", "5", "--json", "out.json")
    assert main(["evaluate", "log_mel_cnn", *options]) == 0
    assert f"accuracy {float(said):.2f}% (80 clips, fold 5)" in capsys.readouterr().out
    measured = json.loads((folder / "out.json").read_text())
    assert 100 * measured["accuracy"] == pytest.approx(float(said))
    assert np.sum(measured["confusion"]) == 80


def bad_inputs():
    """Arguments, what to do to the folder first, and what the one line says."""
    soundfile.write("silent.wav", np.zeros(24000), 24000)
    soundfile.write("nan.wav", np.full(24000, np.nan), 24000, "FLOAT")
    soundfile.write("loud.wav", np.full(24000, 8.0), 24000, "FLOAT")
    soundfile.write("none.wav", np.zeros(0), 24000)
    soundfile.write("blip.wav", 0.1 * np.ones(600), 24000)
    soundfile.write("long.wav", np.zeros(301 * 8000), 8000)
    for name, content in (("empty.wav", b""), ("text.wav", b"hello" * 50), ("text.keras", b"no")):
        with open(name, "wb") as file:
            file.write(content)
    with open("taken.wav", "wb") as file:
        file.write(b"mine")
    Image.new("RGB", (8, 8)).save("photo.wav", format="png")
    dream = ["dream", "chirp.wav", "-o", "out.wav"]
    return [
        (["dream", "missing.wav", "-o", "out.wav"], "there is no missing.wav"),
        (["dream", "empty.wav", "-o", "out.wav"], "empty.wav is empty (0 bytes)"),
        (["dream", "text.wav", "-o", "out.wav"], "Cannot read text.wav as sound"),
        (["dream", "none.wav", "-o", "out.wav"], "none.wav holds no samples"),
        (["dream", "nan.wav", "-o", "out.wav"], "not finite numbers"),
        (["dream", "silent.wav", "-o", "out.wav"], "silent.wav is silent"),
        (["dream", "blip.wav", "-o", "out.wav"], "Expected at least 0.04 s"),
        (["dream", "long.wav", "-o", "out.wav"], "long.wav is silent"),
        (["dream", ".", "-o", "out.wav"], "Expected a folder to write several dreams into"),
        (["dream", "chirp.wav"], "Missing option '-o'"),
        (["dream", "chirp.wav", "-o", "taken.wav"], "taken.wav exists"),
        (["dream", "chirp.wav", "-o", "out.xyz"], "No sound format is called .xyz"),
        ([*dream, "--json", "out.wav"], "Expected different files"),
        ([*dream, "--class", "dragon"], "no label 'dragon'. Did you mean"),
        ([*dream, "--guide", "missing.wav"], "there is no missing.wav"),
        ([*dream, "--guide", "silent.wav"], "silent.wav is silent"),
        ([*dream, "--tile-pixels", "64"], "`tile_pixels` is a setting of pictures"),
        ([*dream, "--preprocessing", "tf"], "`preprocessing` is a setting of pictures"),
        ([*dream, "--class", "rooster", "--tile-seconds", "1"], "or with --approximate"),
        (["dream", "photo.wav", "-o", "out.wav"], "photo.wav is a picture, and log_mel_cnn takes"),
        ([*dream, "--guide", "photo.wav"], "such as --model mobilenet --weights imagenet"),
        ([*dream, "--model", "vgg16"], "Expected --weights FILE, or --weights imagenet"),
        ([*dream, "--model", "mobilenet", "--weights", "no.h5"], "there is no such file"),
        ([*dream, "--model", "mobilenet", "--weights", "text.wav"], "Expected a picture .png"),
        ([*dream, "--model", "vgg16", "--weights", "text.wav"], "Expected a picture .png"),
        ([*dream, "--layer", "block3_conv9"], "no layer 'block3_conv9'. Did you mean"),
        ([*dream, "--layer", "block3_conv2:999"], "channels 0 to 127. Received: 999"),
        ([*dream, "--layer", "block3_conv2:x"], "Expected LAYER or LAYER:CHANNEL"),
        ([*dream, "--model", "log_mel_cn"], "no model 'log_mel_cn'. Did you mean log_mel_cnn"),
        ([*dream, "--model", "missing.keras"], "there is no such file"),
        ([*dream, "--model", "text.keras"], "Cannot read text.keras as a Keras model"),
        ([*dream, "--weights", "esc50"], "`weights` must be None, one of ['esc10']"),
        ([*dream, "--weights", "text.wav"], "text.wav is none of them"),
        (["classify", "missing.wav"], "there is no missing.wav"),
        (["classify", "chirp.wav", "--top", "0"], "'--top'"),
        (["classify"], "Missing argument"),
        (["evaluate", "log_mel_cnn", "--data", "."], "Expected ESC-10's ten class folders"),
        (["evaluate", "log_mel_cnn", "--data", ".", "--fold", "11"], "'--fold'"),
        (["train", "esc10", "--data", ".", "-o", "w.npz"], "Expected ESC-10's ten class folders"),
        (["train", "esc10", "--data", ".", "-o", "w.h5"], "Expected weights to write as .npz"),
        ([*dream, "--layer", "waveform"], "'waveform' cannot be dreamed on"),
        (["dream", "loud.wav", "-o", "out.wav"], "The peak is 8: scale it down"),
        (["train", "esc11", "--data", ".", "-o", "w.npz"], "'esc11'"),
        (["train", "esc10", "--data", ".", "-o", "no/w.npz"], "does not exist"),
        (["layers", "yamnett"], "no model 'yamnett'"),
        (["snore"], "No such command 'snore'"),
    ]


def test_bad_input_is_one_line_exit_code_2_and_no_file(folder, capsys):
    for arguments, message in bad_inputs():
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        capsys.readouterr()
        code = main(arguments)
        said = capsys.readouterr().err
        assert code == 2, arguments
        assert message in said, (arguments, said)
        lines = [line for line in said.splitlines() if line.startswith("sounddream: ")]
        assert len(lines) == 1, said
        assert "Traceback" not in said
        after = {path.name: path.read_bytes() for path in folder.iterdir()}
        assert before == after, arguments


def test_an_interruption_is_said_in_a_line(folder, capsys, monkeypatch):
    from keras_sounddream.workflows import dream as session

    def interrupt(*arguments, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "dream_file", interrupt)
    assert main(["dream", "chirp.wav", "-o", "out.wav"]) == 1
    assert "interrupted" in capsys.readouterr().err
    assert not (folder / "out.wav").exists()


@pytest.mark.parametrize("name", ["missing.wav", "silent.wav"])
def test_a_process_says_one_line_and_nothing_else(folder, name):
    import subprocess
    import sys

    soundfile.write("silent.wav", np.zeros(24000), 24000)
    command = [sys.executable, "-m", "keras_sounddream.cli.main", "dream", name, "-o", "o.wav"]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.startswith("sounddream: Expected")
    assert run.stderr.count("\n") == 1
