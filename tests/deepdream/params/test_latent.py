"""Dreams on a generator: in its latents, on their sphere, by the one ascent."""

import keras
import numpy as np
import pytest

from keras_sounddream import DeepDream, InputError
from keras_sounddream.applications.generators import DCGANGenerator
from keras_sounddream.audio import Analysis, SpectrogramPatches

TINY = {"latent_size": 8, "width": 0.02}
PATCHES = SpectrogramPatches(
    Analysis(sample_rate=24000, frame_seconds=0.04, step_seconds=0.02, num_mel_bins=64)
)
QUICK = {"octaves": 1, "steps": 6, "step_size": 20.0}


def lively(**settings):
    """A generator whose pictures differ: its first weights are large."""
    keras.utils.set_random_seed(0)
    model = DCGANGenerator(**{**TINY, **settings})
    for weight in model.trainable_variables:
        if weight.path.endswith("kernel"):
            weight.assign(15 * weight)
    return model


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, strides=2, activation="relu", name="conv")(inputs)
    return keras.Model(inputs, x, name="pictures")


@pytest.fixture(params=["picture", "sound"], scope="module")
def dream(request, network, small_model):
    if request.param == "picture":
        return DeepDream(network, "conv", generator=lively(), roll_pixels=0, **QUICK)
    generator = lively(channels=1, patches=PATCHES)
    return DeepDream(small_model, "conv2", generator=generator, roll_seconds=0.0, **QUICK)


def test_a_dream_rises_on_the_sphere_and_is_what_the_generator_makes(dream):
    latents = 3 * dream.generator.draw(2, 1)
    result = dream.run(latents)
    assert (result.gain > 1.02).all()
    np.testing.assert_allclose(np.square(result.latent).mean(axis=1), 1, rtol=1e-5)
    assert (np.sum(result.latent * latents / 3, axis=1) / 8 < 0.999).all()  # another place
    if dream.kind == "picture":
        np.testing.assert_allclose(
            result.picture, dream.generator.generate(result.latent), atol=1e-2
        )
        np.testing.assert_allclose(result.source, dream.generator.generate(latents), atol=1e-2)
    else:
        assert result.waveform.shape == (2, PATCHES.num_samples)
        assert result.sample_rate == 24000
        assert np.abs(result.waveform).max() <= 1


def test_a_call_is_a_run_and_its_shape_is_known(dream):
    latents = dream.generator.draw(2)
    called = dream(latents)
    assert dream.compute_output_shape((2, 8)) == tuple(called.shape)
    np.testing.assert_allclose(
        called, dream.run(latents).dream, atol=0.05 if dream.kind == "picture" else 1e-4
    )


def test_a_saved_dream_is_the_same(dream, tmp_path):
    latents = dream.generator.draw(1)
    before = dream.run(latents).latent
    dream.save(tmp_path / "dream.keras")
    after = keras.models.load_model(tmp_path / "dream.keras").run(latents).latent
    np.testing.assert_allclose(before, after, atol=1e-5)


def test_a_step_is_a_percentage_at_most(network):
    dream = DeepDream(network, "conv", generator=lively(), octaves=1, steps=1, step_size=5.0)
    latent = dream.generator.draw(1)
    moved = np.abs(dream.run(latent).latent - latent)
    assert 0 < moved.max() < 0.11  # a step of 0.05, and back to the sphere


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"generator": keras.Sequential()}, "must be a model from latents"),
        ({"generator": "a"}, "must be a model from latents"),
        ({"smoothing": "gaussian"}, "has no `smoothing`"),
        ({"tile_pixels": 64}, "has no `tile_pixels`"),
        ({"analysis": Analysis()}, "the generator's `analysis`"),
        ({"generator": lively(channels=1)}, "takes pictures, but dcgan_generator makes pictures"),
        ({"generator": lively(channels=1, patches=PATCHES)}, "dcgan_generator makes sounds"),
    ],
)
def test_generators_that_do_not_fit(network, settings, text):
    with pytest.raises(InputError, match=text):
        DeepDream(network, "conv", **{"generator": lively(), **settings})


def test_a_generator_of_another_rate_is_refused(small_model):
    analysis = Analysis(sample_rate=16000, frame_seconds=0.04, step_seconds=0.02)
    generator = lively(channels=1, patches=SpectrogramPatches(analysis))
    with pytest.raises(InputError, match="takes 24000 Hz, but dcgan_generator makes 16000"):
        DeepDream(small_model, "conv2", generator=generator)


@pytest.mark.parametrize(
    ("latents", "text"),
    [
        (np.ones((2, 7)), r"Expected latents \(batch, 8\)"),
        (np.zeros((1, 8)), "one is all zeros"),
        (np.full((1, 8), np.inf), "finite numbers"),
        (np.ones((64, 64, 3)), r"Received shape: \(64, 64, 3\)"),
    ],
)
def test_latents_that_cannot_be_dreamed_on(network, latents, text):
    dream = DeepDream(network, "conv", generator=lively())
    with pytest.raises(InputError, match=text):
        dream.run(latents)


def test_guides_of_a_class_are_of_sounds_alone(small_model):
    generator = lively(channels=1, patches=PATCHES)
    dream = DeepDream(small_model, "conv2", generator=generator, **QUICK)
    with pytest.raises(InputError, match="Guides of a class begin dreams of sounds"):
        dream.run(generator.draw(1), guides=[np.ones(24000, "float32")])
