"""Masked style transfers, exported: each format's file transfers as the transfer does."""

import re

import numpy as np
import pytest
import tensorflow as tf
from export.models import RATE, make_classifier
from export.test_pictures import SIZE, make_network

from keras_sounddream import InputError, StyleTransfer, audio, objectives
from keras_sounddream.deepdream.long_sounds import dream_stream
from keras_sounddream.export.image_inputs import image_like
from keras_sounddream.export.reference_sounds import speech_like
from keras_sounddream.lite import Dreamer

SECONDS = 0.5
SOUND = speech_like(round(SECONDS * RATE), RATE, 3)
PICTURE = image_like(SIZE, 5)
HALVES = [[1.0, 0.0], [0.0, 1.0]]  # first the one style, then the other
LEFT = [[1.0, 0.0, 0.0, 0.0]]  # of a picture


def hiss(seed):
    return np.random.default_rng(seed).normal(0, 0.1, RATE).astype("float32")


@pytest.fixture(scope="module")
def transfer():
    """A transfer of two styles to the two halves of a sound, which begins with the content."""
    settings = {"begin_with": "source", "steps": 3, "octaves": 1}
    tone = np.sin(np.arange(RATE) * 0.4).astype("float32") / 4
    layers = {"style_layers": [("conv1", "gram", "time"), ("conv2", "moments")]}
    return StyleTransfer(make_classifier(), [hiss(0), tone], masks=HALVES, **layers, **settings)


@pytest.fixture(scope="module")
def painter():
    """A transfer of one style to the left quarter of a picture."""
    settings = {"octaves": 1, "steps": 3, "roll_pixels": 0, "content_weight": 0}
    layers = {"style_layers": ["conv1", "conv2"]}
    style = image_like((32, 32), 9)[0]
    return StyleTransfer(make_network(), [style], masks=[np.array(LEFT)], **layers, **settings)


@pytest.fixture(scope="module")
def lite_file(transfer, tmp_path_factory):
    """A transfer's LiteRT file."""
    return exported(transfer, "litert", tmp_path_factory.mktemp("style"), seconds=SECONDS)[0]


def run_saved_model(path, name, value):
    loaded = tf.saved_model.load(str(path)).signatures["dream"]
    return loaded(**{name: tf.constant(value)}, **more_inputs(loaded, value))[name].numpy()


def more_inputs(function, value):
    """What a signature takes beside the sounds or pictures: as the settings have it."""
    rows = len(value)
    every = {
        "num_samples": np.full(rows, value.shape[1], "int32"),
        "steps": np.zeros(rows, "int32"),
        "step_size": np.zeros(rows, "float32"),
    }
    taken = function.structured_input_signature[1]
    return {name: tf.constant(values) for name, values in every.items() if name in taken}


def run_litert(path, name, value):
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(str(path)).get_signature_runner("dream")(**{name: value})[name]


def run_onnx(path, name, value):
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {name: value})[0]


FORMATS = {  # of the packages it needs, its ending, and what runs its file
    "saved_model": ((), "", run_saved_model),
    "litert": (("ai_edge_litert",), ".tflite", run_litert),
    "onnx": (("onnx", "tf2onnx", "onnxruntime"), ".onnx", run_onnx),
}


def exported(transfer, format, folder, **options):
    """Path of a transfer's file, and a function that runs it."""
    packages, ending, run = FORMATS[format]
    for package in packages:
        pytest.importorskip(package, reason=f"needs {package}")
    tasks = {} if format == "saved_model" else options
    path = folder / f"style{ending}"
    transfer.export(path, format, tasks=["dream"], verify=False, **tasks)
    return path, run


@pytest.mark.parametrize("format", FORMATS)
def test_a_sound_gets_each_style_in_its_half(transfer, format, tmp_path):
    options = {"seconds": SECONDS} if format == "litert" else {}
    path, run = exported(transfer, format, tmp_path, **options)
    found = run(path, "waveform", SOUND)
    wanted = transfer.run(SOUND).dream
    np.testing.assert_allclose(found, wanted, rtol=0, atol=2e-3 * np.abs(SOUND).max())
    score = transfer.dream.score
    assert score(found, SOUND) > score(SOUND) + 0.5 * (score(wanted, SOUND) - score(SOUND))


@pytest.mark.parametrize("format", FORMATS)
def test_a_picture_gets_the_style_on_the_left_alone(painter, format, tmp_path):
    path, run = exported(painter, format, tmp_path, size=SIZE)
    found = run(path, "picture", PICTURE)
    np.testing.assert_allclose(found, painter.run(PICTURE).dream, rtol=0, atol=2e-3)
    change = np.abs(found - PICTURE)[0]
    half = SIZE[1] // 2 + 8  # the mask's slope, and the receptive field
    assert change[:, half:].max() < 1e-3 < 1 < change[:, :8].mean()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"begin_with": "source_and_noise"}, "that begins with noise"),
        ({"begin_with": "noise"}, "that begins with noise"),
        ({"optimizer": "adam"}, "by an optimizer of Keras's"),
        ({"scale": 0.1}, "with scale"),
    ],
)
def test_what_has_no_portable_form_leaves_no_file(changed, reason, tmp_path):
    settings = {"begin_with": "source", "steps": 2, "style_layers": ["conv1"], **changed}
    transfer = StyleTransfer(make_classifier(), [hiss(0)], masks=[[1.0, 0.5]], **settings)
    with pytest.raises(InputError, match=f"A dream {re.escape(reason)} has no portable form"):
        exported(transfer, "litert", tmp_path, seconds=SECONDS)
    assert not list(tmp_path.iterdir())


def test_a_saved_model_names_the_sound_at_fault(transfer, tmp_path):
    path, _ = exported(transfer, "saved_model", tmp_path)
    loaded = tf.saved_model.load(str(path)).signatures["dream"]
    sounds = np.repeat(SOUND, 3, axis=0)
    sounds[0, 5], sounds[1] = np.nan, 300.0
    found = loaded(waveform=tf.constant(sounds), **more_inputs(loaded, sounds))
    errors = [error.decode() for error in found["error"].numpy()]
    assert errors[0].startswith("Expected finite")
    assert errors[1]
    assert errors[2] == ""
    assert np.isnan(found["waveform"][:2]).all()
    np.testing.assert_allclose(found["waveform"][2:], transfer.run(SOUND).dream, atol=1e-3)


@pytest.mark.parametrize(
    ("sound", "message"),
    [
        (np.full(RATE // 2, np.nan, "float32"), "The peak is nan"),
        (np.full(RATE // 2, 300.0, "float32"), r"in \[-1, 1\]"),
        (np.ones((2, RATE // 2), "float32"), "Expected one waveform"),
        (np.ones(0, "float32"), "Expected one waveform"),
    ],
)
def test_a_file_refuses_what_the_transfer_does(lite_file, sound, message):
    with pytest.raises(InputError, match=message):
        Dreamer(lite_file).dream(sound)


@pytest.mark.parametrize("seconds", [2 * SECONDS, SECONDS + 1 / RATE, 0.8 * SECONDS])
def test_a_mask_is_not_laid_over_each_window_anew(lite_file, seconds):
    sound = speech_like(round(seconds * RATE), RATE, 3)[0]
    with pytest.raises(
        InputError, match=rf"lies over {SECONDS} s of sound. Received: {seconds:.3f}"
    ):
        Dreamer(lite_file).dream(sound)


def test_a_file_with_a_mask_dreams_sounds_of_its_length(lite_file, transfer):
    whole = Dreamer(lite_file).dream(SOUND[0])
    limit = 2e-3 * np.abs(SOUND).max()
    np.testing.assert_allclose(whole, transfer.run(SOUND).dream[0], rtol=0, atol=limit)
    assert len(Dreamer(lite_file).dream(SOUND[0, 1:])) == SOUND.shape[1] - 1  # less than a frame


def test_windows_of_a_longer_sound_would_repeat_the_mask(lite_file):
    """The file's own dream of two windows: each gets the first style in its own first half."""
    dreamer = Dreamer(lite_file)
    dreamer.metadata.settings["has_places"] = False
    twice = np.concatenate([SOUND[0], SOUND[0]])
    found = dreamer.dream(twice)
    part = round(0.1 * RATE)
    once = dreamer.dream(SOUND[0])
    np.testing.assert_allclose(found[:part], once[:part], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found[-part:], once[-part:], rtol=0, atol=1e-6)


def test_a_long_sound_is_not_streamed_under_a_mask(transfer, tmp_path):
    audio.save(tmp_path / "long.wav", np.tile(SOUND, 4), RATE)
    paths = tmp_path / "long.wav", tmp_path / "out.wav"
    with pytest.raises(InputError, match="lies over a whole sound, and this one is dreamed in 3"):
        dream_stream(transfer.dream, *paths, segment_seconds=1.0, overlap_seconds=0.2)
    assert [path.name for path in tmp_path.iterdir()] == ["long.wav"]


@pytest.mark.parametrize(
    ("objective", "has_places"),
    [
        (objectives.neurons("conv1", [0], [(0.0, 1.0), (0.5, 1.0)]), False),
        (objectives.neurons("conv1", [0], [(0.5, 1.0), (0.0, 1.0)]), True),
        (objectives.neurons("conv1", [0]) + objectives.channel("conv1", 1), False),
    ],
)
def test_places_are_those_in_time(objective, has_places):
    assert objective.has_places is has_places


@pytest.mark.parametrize(("mask", "has_places"), [([1.0], False), ([1.0, 0.0], True)])
def test_a_mask_of_one_cell_is_no_place(mask, has_places):
    style = objectives.style(make_classifier(), ["conv1"], [hiss(0)], mask=mask)
    assert style.has_places is has_places


@pytest.mark.parametrize(
    ("format", "options", "message"),
    [
        ("mp3", {}, "`format` must be"),
        ("litert", {"tasks": ["paint"]}, "paint"),
        ("litert", {"seconds": 0.0}, "seconds"),
        ("onnx", {"quantization": "int8"}, "quantization"),
    ],
)
def test_bad_options_of_an_export(transfer, tmp_path, format, options, message):
    with pytest.raises(InputError, match=message):
        transfer.export(tmp_path / "style.bin", format, **options)
    assert not list(tmp_path.iterdir())
