"""Exported generators: each format makes the model's pictures, and refuses what it cannot hold."""

import numpy as np
import pytest

from keras_sounddream import DeepDream, InputError, export_model
from keras_sounddream.applications import generators

NEEDS = {"onnx": "tf2onnx", "litert": "ai_edge_litert", "saved_model": "tensorflow"}


@pytest.fixture(scope="module")
def generator():
    return generators.DCGANGenerator(latent_size=5, width=0.02)


@pytest.mark.parametrize("format", NEEDS)
def test_a_file_makes_the_models_pictures(tmp_path, generator, format):
    pytest.importorskip(NEEDS[format])
    report = export_model(generator, tmp_path / "generator", format)
    assert report["tasks"]["generate"]["excess"] <= 1
    assert report["tasks"]["generate"]["latent_size"] == 5


def test_the_gan_of_256_pixels_in_litert(tmp_path):
    pytest.importorskip("ai_edge_litert")
    wide = generators.GAN256Generator(latent_size=3, width=0.02)
    report = export_model(wide, tmp_path / "g.tflite")
    assert report["tasks"]["generate"]["excess"] <= 1


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"tasks": ["classify"]}, "has the task 'generate'. Received: 'classify'"),
        ({"tasks": ["make"]}, "`tasks` are classify"),
        ({"seconds": 2}, "makes one size of picture: leave `seconds` out"),
        ({"size": (8, 8)}, "makes one size of picture: leave `size` out"),
    ],
)
def test_what_a_generator_has_not(tmp_path, generator, options, text):
    with pytest.raises(InputError, match=text):
        export_model(generator, tmp_path / "g.tflite", **options)


def test_a_dream_on_a_generator_is_refused(tmp_path):
    import keras

    inputs = keras.Input((None, None, 3))
    network = keras.Model(inputs, keras.layers.Conv2D(2, 3, name="conv")(inputs))
    dream = DeepDream(network, "conv", generator=generators.DCGANGenerator(width=0.02))
    with pytest.raises(InputError, match="A dream on a generator has no exported form"):
        export_model(dream, tmp_path / "dream.onnx")


def test_only_generators_generate(tmp_path, small_model):
    with pytest.raises(InputError, match="'generate' needs a generator. Received: small"):
        export_model(small_model, tmp_path / "a", tasks=["generate"])


def test_the_reference_has_a_random_latent():
    from keras_sounddream.export.latent_tasks import find, latents_for

    (task,) = find(generators.DCGANGenerator(latent_size=7, width=0.02), None)
    first, second = latents_for(task)
    assert first.shape == second.shape == (1, 7)
    assert np.abs(first - second).max() > 0.1
