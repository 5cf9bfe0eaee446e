"""Pictures larger than a generator's own: patches, latents, joints, errors."""

import keras
import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.applications import generators
from keras_sounddream.applications.generators import large
from keras_sounddream.audio import SpectrogramPatches

TINY = {"latent_size": 6, "width": 0.02}


@pytest.fixture(scope="module", params=["dcgan", "gan256"])
def generator(request):
    keras.utils.set_random_seed(0)
    made = {"dcgan": generators.DCGANGenerator, "gan256": generators.GAN256Generator}
    model = made[request.param](**TINY)
    for weight in model.trainable_weights:
        weight.assign(weight * 5)
    return model


@pytest.mark.parametrize("method", large.METHODS)
def test_a_picture_of_its_own_size_is_the_generators(generator, method):
    own = generator.output_shape[1]
    found = generators.generate_large(generator, own, method=method, seed=4)
    np.testing.assert_allclose(found, generator.generate(generator.draw(1, 4)), atol=0.01)


@pytest.mark.parametrize("method", large.METHODS)
def test_any_size_is_made_and_repeatable(method):
    model = generators.DCGANGenerator(**TINY)
    found = generators.generate_large(model, (100, 131), method=method, seed=1)
    assert found.shape == (1, 100, 131, 3)
    again = generators.generate_large(model, (100, 131), method=method, seed=1)
    np.testing.assert_array_equal(found, again)
    other = generators.generate_large(model, (100, 131), method=method, seed=2)
    assert np.abs(found - other).max() > 0


def test_patches_fade_where_they_overlap():
    patches = np.stack([np.zeros((4, 4, 1)), np.ones((4, 4, 1))])
    (found,) = large.joined(patches, (1, 2), 2)
    assert found.shape == (4, 6, 1)
    np.testing.assert_allclose(found[0, :, 0], [0, 0, 0.25, 0.75, 1, 1])
    (beside,) = large.joined(patches, (1, 2), 4)
    np.testing.assert_allclose(beside[0, :, 0], [0] * 4 + [1] * 4)


def test_latents_change_slowly_and_stay_on_the_sphere():
    field = large.latent_field((3, 5), 40, 2, 0)
    np.testing.assert_allclose(np.square(field).mean(axis=1), 1, rtol=1e-5)
    first, between, last = field[:3]
    np.testing.assert_allclose(
        between, generators.on_sphere((first + last)[None] / 2)[0], rtol=1e-4
    )
    assert np.abs(first - last).max() > 0.5
    one, other = large.latent_field((1, 2), 40, 1, 0)
    np.testing.assert_allclose(np.stack([one, other]), generators.draw_latents(2, 40), rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 63}, "`size` must be an int from 64 to 4096"),
        ({"size": (64, 5000)}, "`size` must be an int from 64 to 4096"),
        ({"size": "large"}, "`size` must be an int from 64"),
        ({"method": "blend"}, "`method` must be one of maps, tiles, mosaic"),
        ({"spread": 0}, "`spread` must be an int"),
        ({"generator": None}, "`generator` must be a Generator. Received: None"),
    ],
)
def test_what_does_not_fit(arguments, message):
    generator = generators.DCGANGenerator(**TINY)
    with pytest.raises(InputError, match=message):
        generators.generate_large(**{"generator": generator, "size": 64, **arguments})


def test_sounds_have_no_size():
    sounds = generators.DCGANGenerator(channels=1, patches=SpectrogramPatches(), **TINY)
    with pytest.raises(InputError, match="makes sounds: large pictures need one of pictures"):
        generators.generate_large(sounds, 128)
