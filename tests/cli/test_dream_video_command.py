"""`sounddream dream` on a video: which network dreams what, shared classes, bad command lines."""

import json
import sys

import numpy as np
import pytest
from places import ROOT

from keras_sounddream.cli.commands import dream_video as video_command
from keras_sounddream.cli.main import main
from keras_sounddream.workflows.video.shared_classes import shared_label

pytest.importorskip("av")
pytest.importorskip("cv2")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """`clip.mp4`, `mute.mp4`, `heard.mp4`, a network of pictures and one of sounds."""
    import keras

    sys.path.insert(0, str(ROOT / "examples"))
    from make_videos import sound, write_video

    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (1, 40, 48, 3)).astype("uint8").repeat(5, axis=0)
    samples = sound(0, 1, 1.0, rng)
    write_video("clip.mp4", pixels, samples)
    write_video("mute.mp4", pixels, None)
    write_video("heard.mp4", None, samples)
    (tmp_path / "text.mp4").write_text("no video")
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(6, 3, activation="relu", name="conv1")(inputs)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    keras.Model(inputs, keras.layers.Dense(3, "softmax", name="scores")(x)).save("eye.keras")
    return tmp_path


QUICK = ["--octaves", "1", "--steps", "1"]


def test_pictures_and_sound_are_dreamed_and_told(folder, capsys):
    words = ["--model", "eye.keras", "--layer", "conv1", "--couple", "loudness:strength"]
    words += ["--sound-layer", "block1_conv1", "--json", "f.json", "--side", "32"]
    assert main(["dream", "clip.mp4", "-o", "out.mp4", *words, *QUICK]) == 0
    assert "out.mp4: 5 frames, the objective of the pictures went" in capsys.readouterr().out
    figures = json.loads((folder / "f.json").read_text())
    assert figures["num_frames"] == 5
    assert figures["sound"]["layers"] == ["block1_conv1"]
    assert main(["dream", "clip.mp4", "-o", "out.mp4", *words, *QUICK]) == 2
    assert "out.mp4 exists" in capsys.readouterr().err


def test_none_leaves_a_track_as_it_is(folder, monkeypatch):
    made = []
    make = video_command._make
    monkeypatch.setattr(video_command, "_make", lambda n, *a: made.append(n) or make(n, *a))
    words = ["--model", "eye.keras", "--layer", "conv1"]
    for clip, more, expected in (
        ("clip.mp4", ["--sound-model", "none"], ["picture_dream"]),
        ("mute.mp4", [], ["picture_dream"]),
        ("heard.mp4", [], ["sound_dream"]),
    ):
        made.clear()
        assert main(["dream", clip, "-o", f"o_{clip}", *words, *more, *QUICK]) == 0
        assert made == expected


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["clip.mp4", "-o", "o.wav"], "Expected a video .mp4, .m4v, .mov, .mkv, .webm"),
        (["text.mp4", "-o", "o.mp4"], "Cannot read text.mp4 as a video"),
        (["none.mp4", "-o", "o.mp4"], "there is no file none.mp4"),
        (["clip.mp4", "-o", "clip.mp4"], "clip.mp4 exists"),
        (["clip.mp4", "mute.mp4", "-o", "o"], "one at a time"),
        (["clip.mp4", "-o", "o.mp4", "--plot", "p.png"], "has no --plot"),
        (["clip.mp4", "-o", "o.mp4", "--from", "1"], "has no --from"),
        (["clip.mp4", "-o", "o.mp4", "--couple", "loud"], "Expected SIGNAL:TARGET"),
        (["clip.mp4", "-o", "o.mp4", "--model", "yamnet"], "--model yamnet takes sounds"),
        (["clip.mp4", "-o", "o.mp4", "--keep", "1"], "1.0 is not in the range"),
        (
            ["in.wav", "-o", "o.wav", "--couple", "loudness:strength"],
            "for videos alone, and in.wav",
        ),
        (
            ["clip.mp4", "-o", "o.mp4", "--model", "none", "--sound-model", "none"],
            "Expected a dream",
        ),
        (["mute.mp4", "-o", "o.mp4", "--model", "none"], "Expected a dream of what mute.mp4 holds"),
        (
            ["clip.mp4", "-o", "o.mp4", "--model", "none", "--sound-model", "squeezenet"],
            "--sound-model squeezenet takes pictures",
        ),
        (
            [
                *[
                    "clip.mp4",
                    "-o",
                    "o.mp4",
                    "--model",
                    "eye.keras",
                    "--class",
                    "1",
                    "--sound-class",
                    "dogg",
                ]
            ],
            "Did you mean dog",
        ),
        (
            ["clip.mp4", "-o", "o.mp4", "--model", "eye.keras", "--class", "tench"],
            "or a layer by --sound-layer",
        ),
    ],
)
def test_bad_command_lines_are_one_line(words, message, folder, capsys):
    assert main(["dream", *words]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert len(said.strip().splitlines()) == 1
    assert not [p for p in folder.iterdir() if p.name.startswith("o.")]


@pytest.mark.parametrize(
    ("label", "labels", "own"),
    [
        ("chain saw, chainsaw", ["dog", "chainsaw"], "chainsaw"),
        ("cock", ["rooster", "hen"], "rooster"),
        ("seashore, coast, seacoast", ["rain", "sea_waves"], "sea_waves"),
        (
            "tabby",
            {"objects": ["tench", "tabby, tabby cat"], "places": ["attic"]},
            "tabby, tabby cat",
        ),
    ],
)
def test_classes_are_shared_by_their_labels(label, labels, own):
    assert shared_label("net", labels, label) == own


def test_settings_of_one_kind_are_for_its_track_alone():
    options = {"strength": 0.3, "roll_pixels": 8, "mask_db": 3.0, "layers": ("a",)}
    assert video_command._of_the_other("picture", options) == ["mask_db"]
    assert video_command._of_the_other("sound", options) == ["roll_pixels"]
