"""`sounddream finetune` on pictures, dreams on what it writes, dreams from noise, the atlas."""

import numpy as np
import pytest
import soundfile
from made_clips import folder_a_class
from PIL import Image

from keras_sounddream.cli.main import main

QUICK = ("--octaves", "1", "--steps", "2")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, rng):
    monkeypatch.chdir(tmp_path)
    for name, colour in {"red": (200, 50, 40), "blue": (40, 60, 200)}.items():
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(5):
            pixels = np.clip(rng.normal(colour, 30, (40, 50, 3)), 0, 255).astype("uint8")
            Image.fromarray(pixels).save(tmp_path / "pictures" / name / f"{i}.png")
    return tmp_path


def test_a_retrained_network_is_dreamed_on(folder, capsys):
    tune = ["finetune", "catdognet", "--data", "pictures", "--unfreeze", "*", "--size", "48"]
    assert main([*tune, "-o", "new.keras", "--epochs", "1", "--no-flip"]) == 0
    assert "of fold 5" in capsys.readouterr().out
    photo = "pictures/red/0.png"
    Image.open(photo).resize((48, 48)).save("photo.png")
    dream = ["dream", "photo.png", "-o", "dream.png", "--model", "new.keras", *QUICK]
    assert main([*dream, "--layer", "block1_conv2"]) == 0
    assert Image.open("dream.png").size == (48, 48)
    assert main([*dream, "--class", "blue", "--force"]) == 0  # labels are in the file
    assert main([*dream, "--layer", "block1_conv2", "--preprocessing", "tf", "--force"]) == 2
    assert "preprocesses pictures itself" in capsys.readouterr().err


def test_a_dream_from_noise_is_as_long_as_told(folder, capsys):
    dream = ["dream", "--noise", "0.5", "-o", "unit.wav", "--layer", "block2_conv2:3", *QUICK]
    assert main(dream) == 0
    assert soundfile.info("unit.wav").frames == 12000
    assert soundfile.info("unit.wav").samplerate == 24000
    assert "is lost in its dream" not in capsys.readouterr().err


def test_an_atlas_goes_on_and_is_of_one_layer(folder, capsys, monkeypatch):
    folder_a_class(folder / "clips", 5)
    command = ["atlas", "log_mel_cnn", "--data", "clips", "-o", "atlas", "--limit", "2"]
    short = ("--layer", "block1_conv1", "--seconds", "0.2")
    assert main([*command, *short]) == 0
    assert "atlas/index.html: 2 units of" in capsys.readouterr().out
    dreamed = sorted((folder / "atlas" / "sounds").glob("unit-*.mp3"))
    assert len(dreamed) == 2
    dreamed[0].unlink()
    kept = dreamed[1].stat().st_mtime_ns
    assert main([*command, *short]) == 0
    assert dreamed[0].exists()
    assert dreamed[1].stat().st_mtime_ns == kept
    assert main([*command, "--layer", "block2_conv1"]) == 2
    assert "holds a run with {'layer': 'block1_conv1'" in capsys.readouterr().err
    (folder / "own").mkdir()
    (folder / "own" / "index.html").write_text("mine")
    assert main(["atlas", "log_mel_cnn", "--data", "clips", "-o", "own", *short]) == 2
    assert "index.html exists" in capsys.readouterr().err
