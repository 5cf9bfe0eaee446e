"""Generators, discriminators, latents and the autoencoder: counts, shapes, files, errors."""

import json

import keras
import numpy as np
import pytest
from places import ROOT

from keras_sounddream import InputError
from keras_sounddream.applications import generators
from keras_sounddream.applications.generators import latents as sphere
from keras_sounddream.audio import SpectrogramPatches

PATCHES = SpectrogramPatches()
TINY = {"latent_size": 6, "width": 0.02}


@pytest.mark.parametrize(
    ("constructor", "parameters", "shape"),
    [
        ("DCGANGenerator", 2_043_011, (None, 64, 64, 3)),
        ("DCGANDiscriminator", 1_613_889, (None, 1)),
        ("GAN256Generator", 3_704_632, (None, 256, 256, 3)),
        ("GAN256Discriminator", 408_993, (None, 1)),
    ],
)
def test_counts_are_those_of_new_deep_dreams(constructor, parameters, shape):
    model = getattr(generators, constructor)()
    assert model.count_params() == parameters
    assert model.output_shape == shape


@pytest.mark.parametrize("constructor", ["DCGANGenerator", "GAN256Generator"])
def test_first_weights_deviate_by_a_fiftieth(constructor):
    kernel = getattr(generators, constructor)().get_layer("dense").kernel.numpy()
    assert kernel.std() == pytest.approx(0.02, rel=0.02)


@pytest.mark.parametrize("size", [64, 96, 256])
def test_a_dcgan_makes_pictures_of_each_size(size):
    model = generators.DCGANGenerator(size=size, **TINY)
    assert model.output_shape == (None, size, size, 3)


def test_latents_lie_on_the_sphere_by_their_seed():
    first = generators.draw_latents(5, 40, 3)
    np.testing.assert_allclose(np.square(first).sum(axis=1), 40, rtol=1e-5)
    np.testing.assert_array_equal(first, generators.draw_latents(5, 40, 3))
    assert np.abs(first - generators.draw_latents(5, 40, 4)).max() > 0.1


def test_paths_go_at_equal_angles():
    corners = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    path = generators.interpolate(corners, 2)
    angles = np.degrees(np.arctan2(path[:, 1], path[:, 0]))
    np.testing.assert_allclose(angles, [0, 45, 90, 135, 180], atol=1e-3)
    np.testing.assert_allclose(np.square(path).sum(axis=1), 2, rtol=1e-5)


def test_the_path_between_equal_latents_stays():
    latent = sphere.on_sphere(np.ones((1, 3)))
    np.testing.assert_allclose(generators.interpolate(np.repeat(latent, 2, 0), 3), 1, rtol=1e-6)


def test_pixels_and_sounds_of_latents():
    pictures = generators.DCGANGenerator(**TINY)
    raw = pictures.generate(pictures.draw(2), raw=True)
    np.testing.assert_allclose(pictures.generate(pictures.draw(2)), (raw + 1) * 127.5, rtol=1e-5)
    sounds = generators.DCGANGenerator(channels=1, patches=PATCHES, **TINY)
    assert sounds.generate(sounds.draw(2)).shape == (2, PATCHES.num_samples)
    assert sounds.sample_rate == PATCHES.sample_rate


def test_a_latent_counts_by_its_direction():
    model = generators.DCGANGenerator(**TINY)
    latent = model.draw(1)
    np.testing.assert_allclose(model.generate(3 * latent), model.generate(latent), atol=1e-3)


@pytest.mark.parametrize("suffix", [".npz", ".keras"])
def test_files_bring_the_generator_back(tmp_path, suffix):
    from keras_sounddream.applications import weights

    model = generators.DCGANGenerator(channels=1, patches=PATCHES, **TINY)
    path = tmp_path / f"generator{suffix}"
    weights.save(model, path, "float32") if suffix == ".npz" else model.save(path)
    again = generators.load_generator(path)
    assert again.patches == PATCHES
    latents = model.draw(2)
    np.testing.assert_allclose(
        again.generate(latents, raw=True), model.generate(latents, raw=True), atol=1e-6
    )


def test_weights_that_ship_are_found_by_their_key_alone(tmp_path, monkeypatch):
    import hashlib

    from keras_sounddream.applications import base, weights
    from keras_sounddream.applications import pretrained as table
    from keras_sounddream.applications.generators import pretrained

    model = generators.DCGANGenerator(channels=1, patches=PATCHES, **TINY)
    weights.save(model, tmp_path / "own.npz", "float32")
    digest = hashlib.sha256((tmp_path / "own.npz").read_bytes()).hexdigest()
    monkeypatch.setitem(pretrained.PRETRAINED, "own", {"file": "own.npz", "sha256": digest})
    for module in (base, table):
        monkeypatch.setattr(module, "shipped_path", lambda name: tmp_path / name)
    again = generators.load_generator("own")
    assert again.patches == PATCHES
    np.testing.assert_allclose(
        again.generate(model.draw(1), raw=True), model.generate(model.draw(1), raw=True), atol=1e-6
    )


@pytest.mark.parametrize("key", generators.PRETRAINED)
def test_a_generator_that_ships_makes_sounds_that_differ(key):
    row = generators.PRETRAINED[key]
    files = json.loads((ROOT / "saved_models" / "manifest.json").read_text())["files"]
    known = next(each for each in files if each["name"] == row["file"])
    assert known["sha256"] == row["sha256"]
    assert known["bytes"] < 4_000_000
    model = generators.load_generator(key)
    made = model.generate(model.draw(6))
    assert np.isfinite(made).all()
    spectra = np.abs(np.fft.rfft(made)) ** 2 + 1e-12
    flatness = np.exp(np.log(spectra).mean(1)) / spectra.mean(1)
    assert np.median(flatness) < 0.5  # noise has 0.56
    assert np.abs(np.corrcoef(spectra) - np.eye(6)).max() < 0.9


def test_an_autoencoder_codes_on_the_sphere_and_gives_its_decoder(tmp_path):
    decoder = generators.DCGANGenerator(**TINY)
    model = generators.Autoencoder(decoder, width=0.05)
    pictures = np.random.default_rng(0).uniform(-1, 1, (2, 64, 64, 3)).astype("float32")
    codes = model.get_layer("encoder")(pictures).numpy()
    np.testing.assert_allclose(np.square(codes).mean(axis=1), 1, rtol=1e-4)
    np.testing.assert_allclose(
        model(pictures), decoder.generate(codes, raw=True), rtol=1e-4, atol=1e-5
    )
    model.save(tmp_path / "auto.keras")
    again = generators.load_generator(tmp_path / "auto.keras")
    np.testing.assert_allclose(again.generate(codes), decoder.generate(codes), rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"latent_size": 1}, "`latent_size` must be an int from 2"),
        ({"size": 65}, "`size` must be one of 64, 96"),
        ({"channels": 0}, "`channels` must be an int from 1 to 4"),
        ({"width": 0}, "`width` must be at least 0.02"),
        ({"patches": PATCHES}, r"`patches` are of the shape \(64, 64, 1\)"),
        ({"patches": "fine"}, "`patches` must be SpectrogramPatches, or their dictionary"),
        ({"patches": {"frames": 64}}, "`patches` must be SpectrogramPatches"),
        ({"weights": "missing.npz"}, "a file. Received: 'missing.npz'"),
    ],
)
def test_arguments_out_of_range(arguments, text):
    with pytest.raises(InputError, match=text):
        generators.DCGANGenerator(**arguments)


@pytest.mark.parametrize(
    ("latents", "text"),
    [
        (np.ones((2, 5)), r"takes latents \(batch, 6\)"),
        (np.zeros((1, 6)), "none of 0 alone"),
        (np.full((1, 6), np.nan), "finite numbers"),
        ("a", "an array of numbers. Received: str"),
    ],
)
def test_latents_that_are_none(latents, text):
    with pytest.raises(InputError, match=text):
        generators.DCGANGenerator(**TINY).generate(latents)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: generators.Autoencoder(keras.Sequential()), "must be a Generator"),
        (lambda: generators.DCGANDiscriminator((64, 64)), "must be \\(height, width, channels\\)"),
        (lambda: generators.interpolate(np.ones((1, 3)), 2), "Expected two latents or more"),
        (lambda: generators.interpolate(np.full((2, 3), np.nan), 2), "latents of finite numbers"),
        (lambda: generators.interpolate([[1, 2], [-1, -2]], 2), "latents that are not opposite"),
        (lambda: generators.load_generator(3), "a generator's key or file. Received: 3"),
        (lambda: generators.draw_latents(0, 3), "`count` must be an int from 1"),
    ],
)
def test_other_bad_arguments(call, text):
    with pytest.raises(InputError, match=text):
        call()


def test_a_file_of_something_else_is_refused(tmp_path):
    inputs = keras.Input((3,))
    keras.Model(inputs, keras.layers.Dense(2)(inputs), name="other").save(tmp_path / "a.keras")
    with pytest.raises(InputError, match="holds other, and no generator"):
        generators.load_generator(tmp_path / "a.keras")
    np.savez(tmp_path / "b.npz", a=np.ones(3))
    with pytest.raises(InputError, match="weights of something else"):
        generators.load_generator(tmp_path / "b.npz")
