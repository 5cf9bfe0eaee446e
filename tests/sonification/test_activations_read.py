"""Activations read chunk by chunk, feature maps in memory and on disk, random weights."""

import keras
import numpy as np
import pytest

from keras_sounddream import applications
from keras_sounddream.sonification import feature_maps, random_weights
from keras_sounddream.sonification.activations import read_activations
from keras_sounddream.sonification.feature_maps import FeatureMaps, save_feature_maps

BANKS = ("conv1", "fire4_concat", "fire9_concat")


@pytest.fixture(scope="module")
def squeezenet():
    keras.utils.set_random_seed(0)
    return applications.SqueezeNet(weights=None)


def whole(model, source, layers):
    """Activations as the model itself gives them, `(batch, …, channels)`."""
    network = keras.Model(model.inputs[0], [model.get_layer(name).output for name in layers])
    found = network.predict(source, verbose=0)
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize("shape", [(420, 60), (60, 420), (47, 47)])
def test_chunks_of_pictures_have_the_activations_of_the_whole(squeezenet, rng, shape):
    pictures = rng.uniform(0, 255, (2, *shape, 3)).astype("float32")
    chunks = []
    found = read_activations(
        squeezenet, pictures, BANKS, most_inputs=1000, tell=lambda done, total: chunks.append(total)
    )
    assert len(chunks) == chunks[0] == (2 if max(shape) == 420 else 1)
    for name, activation in zip(BANKS, whole(squeezenet, pictures, BANKS), strict=True):
        wanted = activation.transpose(0, 3, 1, 2)  # frames are rows of a portrait
        wanted = wanted if shape[0] > shape[1] else wanted.transpose(0, 1, 3, 2)
        made = np.stack([np.stack(list(one[name])) for one in found])
        np.testing.assert_allclose(made, wanted, atol=1e-4 * wanted.max())


def test_chunks_of_sounds_have_the_activations_of_the_whole(small_model, rng):
    sounds = rng.normal(0, 0.1, (2, 24000 * 3)).astype("float32")
    chunks, layers = [], ("front_end", "conv1", "conv2")
    found = read_activations(
        small_model, sounds, layers, most_inputs=10000, tell=lambda _, total: chunks.append(total)
    )
    assert chunks[0] > 5
    for name, activation in zip(layers, whole(small_model, sounds, layers), strict=True):
        activation = activation if activation.ndim == 4 else activation[:, :, None]
        made = np.stack([np.stack(list(one[name])) for one in found])
        np.testing.assert_allclose(made, activation.transpose(0, 3, 1, 2), atol=1e-4)


def test_what_depends_on_everything_is_read_off_the_whole(rng):
    model = applications.LogMelCNN(weights=None)
    sound = rng.normal(0, 0.1, (1, 48000)).astype("float32")
    (found,) = read_activations(model, sound, ["pooled"], most_inputs=1000)
    np.testing.assert_allclose(
        np.ravel(list(found["pooled"])), whole(model, sound, ["pooled"])[0][0], atol=1e-5
    )


def test_legacy_shows_the_network_a_portrait_lying(squeezenet, rng):
    portrait = rng.uniform(0, 255, (60, 40, 3)).astype("float32")
    lying = portrait.transpose(1, 0, 2)
    legacy, upright, turned = (
        np.stack(list(read_activations(squeezenet, one, ["conv1"], legacy=how)[0]["conv1"]))
        for one, how in ((portrait, True), (portrait, False), (lying, False))
    )
    assert legacy.shape == upright.shape == (96, 27, 17)
    np.testing.assert_array_equal(legacy, turned)
    assert np.abs(legacy - upright).max() > 0.01 * upright.max()


def test_planes_on_disk_are_those_in_memory(rng, monkeypatch, tmp_path):
    values = rng.normal(size=(4, 9, 5)).astype("float32")
    monkeypatch.setattr(feature_maps, "MOST_IN_MEMORY", 100)
    kept = FeatureMaps(4, 9, 5)
    for start in (6, 0, 3):
        kept.write(start, values[:, start : start + 3])
    np.testing.assert_array_equal(np.stack(list(kept)), values)
    save_feature_maps(kept, tmp_path / "kept.npz")
    with np.load(tmp_path / "kept.npz") as archive:
        np.testing.assert_array_equal(archive["activations"], values)
    with pytest.raises(ValueError, match="not numbers"):
        kept.write(0, np.full((4, 1, 5), np.nan, "float32"))


def test_the_baseline_has_the_same_numbers_elsewhere(small_model):
    copy, again = (random_weights.shuffle_weights(small_model, seed=3) for _ in range(2))
    for mine, other, same in zip(
        small_model.get_weights(), copy.get_weights(), again.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(np.sort(mine, axis=None), np.sort(other, axis=None))
        np.testing.assert_array_equal(other, same)
        assert mine.size < 9 or (mine != other).any()
