"""Tasks of generators and autoencoders: what there is none of, faults of rows, the reference."""

import numpy as np
import pytest

from keras_sounddream import DeepDream, InputError, export_model
from keras_sounddream.applications import generators
from keras_sounddream.export.latent_tasks import examples_for, find, signature_function


@pytest.fixture(scope="module")
def generator():
    return generators.DCGANGenerator(latent_size=5, width=0.02)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"tasks": ["classify"]}, "has the task 'generate'. Received: 'classify'"),
        ({"tasks": ["make"]}, "`tasks` are classify"),
        ({"seconds": 2}, "makes one size of picture: leave `seconds` out"),
        ({"size": (8, 8)}, "makes one size of picture: leave `size` out"),
        ({"layer": "dense"}, "is exported without `layer`: leave it out"),
        ({"min_seconds": 1}, "is exported without `min_seconds`: leave it out"),
        ({"preprocessing": "tf"}, "is exported without `preprocessing`: leave it out"),
        ({"sounds": ["a.wav"]}, "is exported without `sounds`: leave it out"),
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


@pytest.mark.parametrize(
    ("task", "text"),
    [
        ("generate", "'generate' needs a generator. Received: small"),
        ("encode", "'encode' needs an autoencoder. Received: small"),
        ("decode", "'decode' needs an autoencoder. Received: small"),
    ],
)
def test_only_generators_generate(tmp_path, small_model, task, text):
    with pytest.raises(InputError, match=text):
        export_model(small_model, tmp_path / "a", tasks=[task])


@pytest.fixture(scope="module")
def autoencoder():
    return generators.Autoencoder(generators.DCGANGenerator(latent_size=7, width=0.02), 0.05)


def test_an_autoencoder_has_two_tasks_and_no_third(autoencoder):
    assert [task.name for task in find(autoencoder, None)] == ["encode", "decode"]
    assert [task.name for task in find(autoencoder, ["decode"])] == ["decode"]
    with pytest.raises(InputError, match="the tasks 'encode' and 'decode'. Received: 'generate'"):
        find(autoencoder, ["generate"])


def test_a_file_of_onnx_may_hold_the_decoder(autoencoder, tmp_path):
    pytest.importorskip("tf2onnx")
    report = export_model(autoencoder, tmp_path / "a.onnx", tasks=["decode"])
    assert report["tasks"]["decode"]["latent_size"] == 7
    with pytest.raises(InputError, match="holds 1 task"):
        export_model(autoencoder, tmp_path / "b.onnx", tasks=["encode", "decode"])


def test_a_row_that_is_not_finite_has_an_error_and_the_others_a_picture(generator):
    (task,) = find(generator, None)
    latents = np.concatenate([generator.draw(1), np.full((1, 5), np.nan, "float32")])
    found = signature_function(task)(latent=latents)
    assert found["error"].numpy()[0] == b""
    assert b"Expected finite numbers for generate" in found["error"].numpy()[1]
    wanted = generator.generate(latents[:1], raw=True)
    np.testing.assert_allclose(found["picture"][:1], wanted, atol=1e-6)
    assert np.isnan(found["picture"][1]).all()


def test_examples_are_random_and_as_the_task_takes_them(generator, autoencoder):
    for task in (*find(generator, None), *find(autoencoder, None)):
        first, second = examples_for(task)
        assert first.shape == second.shape == (1, *task.shape)
        assert np.abs(first - second).max() > 0.1
