"""`sounddream sonify`: the folder it makes, and that bad input is one line and exit code 2."""

import re

import keras
import numpy as np
import pytest
import soundfile
from browser import look_at
from PIL import Image

from keras_sounddream import applications, audio
from keras_sounddream.cli.main import main
from keras_sounddream.sonification.inverse_fft import mix, sonify_activations

QUICK = ("--image-size", "64", "--no-activations")


@pytest.fixture(scope="module")
def models(tmp_path_factory, small_model):
    """A folder with a SqueezeNet of random weights and a network of sounds."""
    folder = tmp_path_factory.mktemp("models")
    keras.utils.set_random_seed(0)
    model = applications.SqueezeNet(weights=None)
    np.savez(folder / "squeezenet.npz", **{w.path: w.numpy() for w in model.weights})
    small_model.save(folder / "small.keras")
    return folder


@pytest.fixture
def folder(tmp_path, monkeypatch, chirp):
    monkeypatch.chdir(tmp_path)
    rows, columns = np.mgrid[:80, :120]
    pixels = np.stack([2 * rows, 2 * columns, 99 + 90 * np.sin(rows * columns / 99)], axis=-1)
    Image.fromarray(pixels.astype("uint8")).save("cup.png")
    audio.save("chirp.wav", chirp[:, :12000], 24000)
    return tmp_path


def squeezenet(models):
    return ("--model", "squeezenet", "--weights", str(models / "squeezenet.npz"))


def test_every_bank_and_way_to_combine(folder, models, capsys):
    ways = [part for way in ("sum", "concat", "separate") for part in ("--combine", way)]
    ways += ["--least-seconds", "0"]
    assert main(["sonify", "cup.png", *squeezenet(models), *ways, "--image-size", "64"]) == 0
    made = folder / "cup_sonified"
    label = next(made.glob("activations-1_*.npz")).stem.split("_")[1]
    assert "sounds of 4 layers" in capsys.readouterr().out
    sums = []
    for bank in "1234":
        name = f"activations-{bank}_{label}"
        with np.load(made / f"{name}.npz") as archive:
            planes = archive["activations"]
        for way in ("sum", "concat"):
            wanted = sonify_activations(planes, way)
            found, rate = soundfile.read(made / f"{name}_{way}.wav")
            np.testing.assert_allclose(found, wanted, atol=1e-6)
            assert rate == 11025
            assert (made / f"graph_{name}_{way}.png").is_file()
            sums += [wanted] if way == "sum" else []
        apart = sorted((made / f"{name}_separate").iterdir())
        assert len(apart) == len(planes)
        wanted = sonify_activations(planes, "separate")[7]
        np.testing.assert_allclose(soundfile.read(apart[7])[0], wanted, atol=1e-6)
        assert Image.open(made / f"{name}.png").size[0] > 50
    found, _ = soundfile.read(made / f"all-sum_{label}.wav")
    np.testing.assert_allclose(found, mix(sums), atol=1e-6)
    page = (made / "index.html").read_text()
    for file in re.findall(r'(?:src|href)="([^"#:]+)"', page):
        assert (made / file).exists(), file


def test_every_bank_is_heard_and_old_clicks_are_to_be_had(folder, models):
    for words, least in (((), 0.5), (("--legacy",), 0), (("--least-seconds", "0.1"), 0.1)):
        assert main(["sonify", "cup.png", *squeezenet(models), *QUICK, *words, "--force"]) == 0
        seconds = [
            soundfile.info(path).duration for path in (folder / "cup_sonified").glob("*.wav")
        ]
        assert len(seconds) == 5
        assert least <= min(seconds) < max(2 * least, 0.01)


def test_a_folder_is_sonified_file_by_file(folder, models, capsys):
    (folder / "in").mkdir()
    for name in ("a.wav", "a.flac", "b.wav"):
        (folder / "in" / name).write_bytes((folder / "chirp.wav").read_bytes())
    (folder / "in" / "bad.wav").write_text("no sound")
    (folder / "in" / "cup.png").write_bytes((folder / "cup.png").read_bytes())
    np.savez(folder / "in" / "stored.npz", activations=np.random.default_rng(0).random((2, 9, 4)))
    network = ("--model", str(models / "small.keras"), "--layer", "conv2")
    assert main(["sonify", "in", *network, "-o", "out"]) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if "sounddream: " in line]
    assert len(said) == 1
    assert "bad.wav" in said[0]
    made = {path.name for path in (folder / "out").iterdir()}
    assert made == {"a.wav", "a.flac", "b", "stored", "index.html"}
    page = (folder / "out" / "index.html").read_text()
    for file in re.findall(r'href="([^"#:]+)"', page):
        assert (folder / "out" / file).is_file(), file
    assert main(["sonify", "in", *network, "-o", "out"]) == 2
    assert "out exists" in capsys.readouterr().err


def test_stored_activations_need_no_network(folder, models, capsys):
    network = ("--model", str(models / "small.keras"), "--layer", "conv1", "--layer", "conv2")
    kept = ("--pooling", "none", "--keep-bands", "-o", "kept.npz")
    assert main(["features", "chirp.wav", *network, *kept]) == 0
    assert main(["sonify", "kept.npz", "--model", "not.keras"]) == 0
    assert main(["sonify", "chirp.wav", *network]) == 0
    for layer in ("conv1", "conv2"):
        stored, _ = soundfile.read(f"kept_sonified/activations-{layer}_kept_sum.wav")
        direct, _ = soundfile.read(f"chirp_sonified/activations-{layer}_chirp_sum.wav")
        np.testing.assert_allclose(stored, direct, atol=1e-5)
    capsys.readouterr()
    assert main(["sonify", "kept.npz", "--random-weights", "-o", "out"]) == 2
    assert "--random-weights needs the network" in capsys.readouterr().err


def test_the_page_plays_and_shows_the_baseline_beside(folder, models, tmp_path):
    options = ("--layer", "bank1", "--layer", "bank4", "--mix", "product", "--random-weights")
    assert main(["sonify", "cup.png", *squeezenet(models), *options, *QUICK, "-o", "out"]) == 0
    names = {path.name.rsplit("_", 1)[0] for path in (folder / "out").glob("*all-*.wav")}
    assert names == {"all-sum_tuned", "random_all-sum_tuned"}
    found = look_at(folder / "out" / "index.html", tmp_path)
    assert len(found["sounds"]) == 6
    assert min(found["sounds"]) > 0
    assert len(found["images"]) >= 11  # the input, four grids, six spectrograms
    assert min(found["images"]) > 0
    assert found["overflow"] <= 0
    assert (found["unnamed"], found["errors"], found["console"]) == (0, [], [])


@pytest.mark.parametrize(
    ("options", "file"),
    [
        (("--method", "mask"), "activations-conv2_chirp_mask_sum.wav"),
        (
            ("--method", "parameter_map", "--voices", "3"),
            "activations-conv2_chirp_parameter_map_sum.wav",
        ),
        (("--method", "invert", "--steps", "2"), "activations-conv2_chirp_invert.wav"),
        (
            ("--bits", "16", "--sample-rate", "8000", "--level", "-20"),
            "activations-conv2_chirp_sum.wav",
        ),
    ],
)
def test_sounds_by_each_method(folder, models, capsys, options, file):
    model = ("--model", str(models / "small.keras"), "--layer", "conv2")
    assert main(["sonify", "chirp.wav", *model, *options, "-o", "out"]) == 0
    assert "of 1 layer\n" in capsys.readouterr().out
    waveform, rate = soundfile.read(folder / "out" / file)
    assert 0.01 < waveform.std() < 0.5
    assert np.abs(waveform).max() <= 1
    assert rate == (8000 if "--bits" in options else 24000)
    assert soundfile.info(folder / "out" / "input.wav").frames == 12000


def test_legacy_keeps_the_quirks_of_netsounds(folder, models):
    for extra in ((), ("--legacy",)):
        options = (*squeezenet(models), "--layer", "bank4", "--image-size", "64", *extra)
        assert main(["sonify", "cup.png", *options, "-o", f"out{len(extra)}"]) == 0
    fixed, legacy = (
        np.load(next((folder / name).glob("*.npz")))["activations"] for name in ("out0", "out1")
    )
    weights = str(models / "squeezenet.npz")
    plain = applications.SqueezeNet(weights=weights, preprocessing="unit")
    picture = np.asarray(Image.open("cup.png").resize((96, 64), Image.BILINEAR), "float32")
    bank = applications.squeezenet.banks(plain).predict(picture[None], verbose=0)["bank4"]
    np.testing.assert_allclose(legacy, bank[0].transpose(2, 1, 0), atol=1e-4 * bank.max())
    assert np.abs(fixed - legacy).max() > 0.01 * legacy.max()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cup.png"], "is a picture, and log_mel_cnn takes sounds"),
        (["chirp.wav", "SQUEEZE"], "is a sound, and squeezenet takes pictures"),
        (["nothing.png", "SQUEEZE"], "there is no nothing.png"),
        (["nothing.wav"], "there is no nothing.wav"),
        (["text.png", "SQUEEZE"], "Cannot read text.png as a picture"),
        (["silence.wav"], "silence.wav is silent"),
        (["cup.png", "SQUEEZE", "--layer", "bank5"], "no layer 'bank5'"),
        (["cup.png", "SQUEEZE", "--layer", "fire4_conkat"], "Did you mean fire4_concat"),
        (["cup.png", "SQUEEZE", "--image-size", "9"], "too few for layer"),
        (["cup.png", "SQUEEZE", "--method", "mask"], "takes pictures: use `ifft`"),
        (["chirp.wav", "--method", "mask", "--sample-rate", "8000"], "keeps the sound's own rate"),
        (["chirp.wav", "--combine", "none"], "must be one of sum, concat, separate"),
        (["chirp.wav", "--method", "mask", "--legacy"], "--legacy is for ifft alone"),
        (["chirp.wav", "--voices", "3"], "has no setting 'voices'"),
        (["chirp.wav", "--level", "3"], "`level_db` must be at least -120 and at most 0"),
        (["chirp.wav", "-o", "."], "holds something else"),
        (["chirp.wav", "-o", "chirp.wav"], "is a file"),
        (["chirp.wav", "--bits", "12"], "'12' is not one of"),
        (["chirp.wav", "--random-weights", "--seed", "-1"], "-1 is not in the range"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_left(folder, models, capsys, arguments, message):
    audio.save("silence.wav", np.zeros((1, 8000)), 24000)
    (folder / "text.png").write_text("no picture")
    before = sorted(path.name for path in folder.iterdir())
    given = [
        part for each in arguments for part in (squeezenet(models) if each == "SQUEEZE" else [each])
    ]
    given += ["--force"] if "." in given else []
    assert main(["sonify", *given]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.rstrip().count("\n") == 0
    assert sorted(path.name for path in folder.iterdir()) == before
