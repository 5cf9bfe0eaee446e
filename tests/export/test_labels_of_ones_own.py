"""WaveNets with a label that `with_label` made, exported: sounds, and dreams under the label."""

import importlib.util

import keras
import numpy as np
import pytest
import tensorflow as tf
from export.test_generators import CONDITIONED, build

from keras_sounddream import DeepDream, ExportError, InputError, export_model, generate
from keras_sounddream.applications.wavenet import with_label
from keras_sounddream.export import draws, export_generator
from keras_sounddream.export.reference_sounds import speech_like
from keras_sounddream.lite import Generator

NEEDS = {"litert": "ai_edge_litert", "onnx": "tf2onnx", "saved_model": "tensorflow"}
FORMATS = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(not importlib.util.find_spec(package), reason=f"needs {package}"),
    )
    for name, package in NEEDS.items()
]
LABEL = "between, äußerst"
COUNT, RATE = 25, 1000  # Hz: a dream needs a spectrogram


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model with a label of its own in one condition of two, saved and read again."""
    path = tmp_path_factory.mktemp("labels") / "own.keras"
    with_label(build(**CONDITIONED, sample_rate=RATE), LABEL, mood={"calm": 0.4, "odd": 0.6}).save(
        path
    )
    return keras.models.load_model(path)


def expected(model, mood, seconds=0.05):
    return generate(model, seconds, conditions={"genre": ["metal"], "mood": [mood]}, seed=7)[0]


def made_by_litert(path, model, mood):
    return Generator(path).generate(0.05, seed=7, genre="metal", mood=mood)


def made_by_onnx(path, model, mood):
    """The sound of a single call, of the labels' numbers."""
    import onnxruntime

    from keras_sounddream.generation.random_numbers import random_numbers

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    kinds = {"tensor(float)": "float32", "tensor(int32)": "int32"}
    given = {node.name: np.zeros(node.shape, kinds[node.type]) for node in session.get_inputs()}
    given["temperature"][:] = 1
    given["mood"][:] = model.conditions["mood"].index(mood)
    return session.run(["samples"], given | {"numbers": random_numbers(7, 1)(COUNT)})[0][0]


def made_by_saved_model(path, model, mood):
    inputs = {"num_samples": [50], "seed": [7], "genre": ["metal"], "mood": [mood]}
    given = {name: tf.constant(value) for name, value in inputs.items()}
    given["temperature"] = tf.constant([1.0])
    found = tf.saved_model.load(str(path)).signatures["generate"](**given)
    assert found["error"].numpy().tolist() == [b""]
    return found["waveform"][0].numpy()


RUNS = {"litert": made_by_litert, "onnx": made_by_onnx, "saved_model": made_by_saved_model}


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_generates_under_the_new_label_and_under_those_before(model, format, tmp_path):
    path = tmp_path / "made"
    count = {} if format == "saved_model" else {"count": COUNT}
    report = export_generator(model, path, format, **count)
    assert (report["parted"], report["seeds"]) == (0, 4)
    for mood in (LABEL, "calm"):
        made = RUNS[format](path, model, mood)
        np.testing.assert_array_equal(made, expected(model, mood)[: len(made)])
    assert np.abs(expected(model, LABEL) - expected(model, "calm")).max() > 0.01


@pytest.mark.parametrize("format", FORMATS[::2])  # tf2onnx takes minutes for such a gradient
def test_a_dream_under_the_new_label_is_exported(model, format, tmp_path):
    sound = speech_like(RATE, RATE, 3)
    settings = {"steps": 2, "octaves": 1, "roll_seconds": 0.0}
    dreams = [
        DeepDream(model, "skip", constants={"genre": 0, "mood": number}, **settings)
        for number in (3, 0)
    ]
    own, calm = (float(dream.score(sound)[0]) for dream in dreams)
    assert own != pytest.approx(calm, rel=0.01)
    seconds = {"seconds": 1.0} if format == "litert" else {}
    report = export_model(dreams[0], tmp_path / "dream", format, ["dream"], **seconds)
    assert report["tasks"]["dream"]["objective_relative"] < 1e-3


@pytest.mark.parametrize("parted", [1, 2])
def test_one_tie_is_no_fault_of_a_folder_and_two_are(model, tmp_path, monkeypatch, parted):
    """A model that draws otherwise from sample 40 on, with some of the seeds."""
    right = draws.generate

    def other(*arguments, seed, **settings):
        sounds = right(*arguments, seed=seed, **settings)
        sounds[:, 40:] += seed < parted
        return sounds

    monkeypatch.setattr(draws, "generate", other)
    monkeypatch.setattr(draws, "_DRAWS_PER_PARTING", 2000)
    if parted == 1:
        report = export_model(model, tmp_path / "out")["tasks"]["generate"]
        assert (report["parted"], report["equal"]) == (1, (40 + 3 * 500) / 2000)
        return
    with pytest.raises(ExportError, match="with 2 of 4 seeds, after 540 samples on average"):
        export_model(model, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_sound_that_is_not_finite_differs(model):
    with pytest.raises(ExportError, match="with 4 of 4 seeds, after 0 samples"):
        draws.compare_draws(model, lambda seed: (np.full(30, np.nan, "float32"), 1.0), None)


def test_a_file_names_the_label_among_those_it_has(model, tmp_path):
    pytest.importorskip("ai_edge_litert")
    export_generator(model, tmp_path / "made", count=1, verify=False)
    with pytest.raises(InputError, match=f"one of calm, wild, odd, {LABEL}. Received: 'beyond'"):
        Generator(tmp_path / "made").generate(0.1, genre="metal", mood="beyond")
