"""`sounddream-lite`, in this process and where TensorFlow and Keras are blocked."""

import io
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import types

import numpy as np
import pytest
from lite import made_files
from lite.made_files import LABELS, RATE, SAMPLES

from keras_sounddream.lite import load, save
from keras_sounddream.lite.cli import main

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def wav(tmp_path, sound):
    save(tmp_path / "sound.wav", sound, RATE)
    return tmp_path / "sound.wav"


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_classify_names_what_the_scores_say(model, wav, capsys):
    assert main(["classify", str(model), str(wav), str(wav), "--json", "--top", "2"]) == 0
    first, second = lines(capsys)
    assert first == second
    named = [row["label"] for row in first["best"]]
    parts = [load(wav, RATE)[start : start + SAMPLES] for start in (0, 1600, 3200, 3400)]
    scores = np.array([0.32, 0.32, 0.32, 0.04]) @ [made_files.scores(part) for part in parts]
    assert named == [LABELS[i] for i in np.argsort(-scores)[:2]]
    assert main(["classify", str(model), str(wav)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_dream_writes_what_the_file_dreams(model, wav, tmp_path, capsys):
    save(tmp_path / "tone.wav", 0.3 * np.sin(np.arange(3000) / 5), RATE)
    out = str(tmp_path / "dream.wav")
    assert main(["dream", str(model), str(tmp_path / "tone.wav"), "-o", out]) == 0
    wanted = made_files.dream(load(tmp_path / "tone.wav", RATE))
    np.testing.assert_allclose(load(out, RATE), wanted, atol=2e-5)
    assert main(["dream", str(model), str(wav), "-o", out]) == 2
    assert "exists" in capsys.readouterr().err
    assert main(["dream", str(model), str(wav), "-o", out, "--steps", "1", "--force"]) == 0
    assert len(load(out, RATE)) == 5000


def test_sonify_makes_the_features_of_each_window_a_spectrum(model, sound, tmp_path, capsys):
    sound = sound + np.linspace(-0.3, 0.3, 5000, dtype="float32")  # or the features hardly change
    save(tmp_path / "sound.wav", sound, RATE)
    out, command = tmp_path / "out.wav", ["sonify", str(model), str(tmp_path / "sound.wav"), "-o"]
    assert main([*command, str(out)]) == 0
    starts = range(0, 5000 - SAMPLES + 1, 800)
    heard = load(tmp_path / "sound.wav", RATE)
    features = np.array([made_files.features(heard[at : at + SAMPLES]) for at in starts])
    signal = np.fft.ifft(features, axis=1).real.ravel()  # two features: two samples a window
    wanted = 2 * (signal - signal.min()) / np.ptp(signal) - 1
    np.testing.assert_allclose(load(out, 11025), wanted, atol=5e-5)
    assert main([*command, str(out), "--method", "parameter_map", "--force"]) == 0
    assert 0.1 < np.abs(load(out, RATE)).max() <= 0.9
    assert len(load(out, RATE)) == 5000
    assert main([*command, str(out), "--hop", "9", "--force"]) == 2
    assert "at least 9.2 s" in capsys.readouterr().err


def test_stream_listens_to_standard_input(model, sound, capsys, monkeypatch):
    raw = np.round(sound * 32768).astype("<i2").tobytes()
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(raw)))
    assert main(["stream", str(model), "-", "--json", "--hop", "0.2", "--top", "3"]) == 0
    captured = capsys.readouterr()
    found = [json.loads(line) for line in captured.out.splitlines()]
    assert [row["seconds"] for row in found] == [0.2, 0.4, 0.6]
    assert "3 windows" in captured.err
    heard = np.frombuffer(raw, "<i2").astype("float32") / 32768
    for row, start in zip(found, (0, 1600, 3200), strict=True):
        scores = dict(zip(LABELS, made_files.scores(heard[start : start + 1600]), strict=True))
        assert {one["label"]: one["score"] for one in row["best"]} == pytest.approx(
            scores, abs=2e-6
        )


def test_only_what_scores_enough_is_named(model, capsys, monkeypatch):
    raw = io.BytesIO(np.full(3200, 8192, "<i2").tobytes())  # 0.25: energy 0.0625
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=raw))
    assert main(["stream", str(model), "-", "--above", "0.1", "--hop", "0.2"]) == 0
    out = capsys.readouterr().out
    assert out.count("level") == out.count("newest") == 2
    assert "energy" not in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["classify", "{model}", "nothing.wav"], "there is no nothing.wav"),
        (["classify", "nothing.tflite", "{wav}"], "Cannot read nothing.tflite"),
        (["classify", "{wav}", "{wav}"], "is no LiteRT model"),
        (["classify", "{model}", "{model}"], "sounddream-lite: "),
        (["classify", "{model}", "{wav}", "--top", "0"], "invalid number above zero"),
        (["classify", "{model}", "{wav}", "--labels", "nothing.txt"], "Cannot read the labels"),
        (["dream", "nothing.tflite", "{wav}", "-o", "dream.mp3"], "ends in .wav"),  # first of all
        (["dream", "{model}", "{wav}"], "required: -o"),
        (["classify", "{model}"], "required: IN"),
        (
            ["classify", "{model}", "{wav}", "--threads", "0"],
            "invalid number above zero value: '0'",
        ),
        (["classify", "{model}", "{wav}", "--threads", "1.5"], "invalid number above zero"),
        (["classify", "{model}", "{wav}", "--rate", "fast"], "invalid number above zero"),
        (["classify", "{model}", "{wav}", "--rate", "16000"], "takes sound at 8000 Hz"),
        (["classify", "{model}", "{wav}", "--loud"], "unrecognized arguments: --loud"),
        (["dream", "{model}", "{wav}", "-o", "nowhere/a.wav"], "does not exist. Make it first"),
        (["dream", "{model}", "{wav}", "-o", "{wav}"], "exists"),
        (["dream", "{model}", "{wav}", "-o", "a.wav", "--steps", "-1"], "number above zero"),
        (["stream", "{model}", "file.raw"], "invalid choice: 'file.raw'"),
        (["stream", "{model}", "-", "--hop", "0"], "invalid number above zero"),
        (["stream", "{model}", "-", "--hop", "nan"], "invalid number above zero"),
        (["stream", "{model}", "-", "--hop", "inf"], "invalid number above zero"),
        (["stream", "{model}", "-", "--above", "high"], "invalid float value: 'high'"),
        (
            ["sonify", "{model}", "{wav}", "-o", "a.wav", "--method", "sing"],
            "invalid choice: 'sing'",
        ),
        (["sonify", "{model}", "{wav}", "-o", "a.flac"], "ends in .wav"),
        (["generate", "{model}", "-o", "a.wav"], "Expected a file that generates"),
        (["generate", "{model}", "-o", "a.mp3"], "ends in .wav"),
        (["generate", "{model}", "-o", "a.wav", "--seed", "x"], "invalid int value: 'x'"),
        (["sing"], "invalid choice"),
        ([], "required: COMMAND"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    model, wav, tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    assert main([part.format(model=model, wav=wav) for part in arguments]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said


def test_help_and_version(capsys):
    for arguments in (["--help"], ["stream", "--help"], ["--version"]):
        assert main(arguments) == 0
    assert "microphone" in capsys.readouterr().out


BLOCKED = """
import sys
for name in ("tensorflow", "keras", "tf_keras", "click", "h5py", "matplotlib", "PIL"):
    sys.modules[name] = None
from keras_sounddream.lite import Classifier, Dreamer, Embedder, load, save
from keras_sounddream.lite.cli import main
model, wav, out = sys.argv[1:4]
for command in (["classify", model, wav], ["dream", model, wav, "-o", out],
                ["sonify", model, wav, "-o", out, "--force"]):
    assert main(command) == 0
assert len(Embedder(model).features(load(wav, 8000))) == 2
ours = {name for name in sys.modules if name.startswith("keras_sounddream.")}
packed = {name.removesuffix(".__init__") for name in sys.argv[4].split()}
assert ours <= packed | {name for name in ours if name.startswith("keras_sounddream.lite")}, ours
"""


def packed_modules():
    """Names of the modules outside `lite` that `keras-sounddream-lite` holds, from setup.py."""
    text = (ROOT / "setup.py").read_text()
    return " ".join(re.findall(r'"(keras_sounddream\.[\w.]+)"', text[text.index("LITE = {") :]))


def test_nothing_of_it_needs_tensorflow_or_keras(model, wav, tmp_path):
    out = tmp_path / "dream.wav"
    save(tmp_path / "other.wav", load(wav, RATE), 11025)  # another rate: resampled
    for sound in (wav, tmp_path / "other.wav"):
        run = subprocess.run(
            [sys.executable, "-c", BLOCKED, str(model), str(sound), str(out), packed_modules()],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stderr
        out.unlink()


def test_a_reader_that_goes_away_is_no_error(model, sound):
    run = subprocess.run(
        f"{sys.executable} -m keras_sounddream.lite.cli stream {model} - --hop 0.01 | head -1",
        shell=True,
        input=np.round(np.tile(sound, 50) * 32768).astype("<i2").tobytes(),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
    )
    assert len(run.stdout.splitlines()) == 1
    assert b"Traceback" not in run.stderr
    assert b"Broken" not in run.stderr


def test_an_interrupted_stream_says_how_long_windows_took(model):
    run = subprocess.Popen(
        [sys.executable, "-m", "keras_sounddream.lite.cli", "stream", str(model), "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        # A job in the background of a shell ignores this signal, and its children with it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    run.stdin.write(bytes(2 * SAMPLES))
    run.stdin.flush()
    assert b"0.2 s" in run.stdout.readline()  # as soon as the window is full
    run.send_signal(signal.SIGINT)
    said = run.communicate(timeout=60)[1]
    assert run.returncode == 1
    assert b"1 windows" in said
    assert b"interrupted" in said
    assert b"Traceback" not in said
