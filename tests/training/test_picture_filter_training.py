"""Training of picture filters: the loss by hand, crops by their step, and a resumed run."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_sounddream import DeepDream, InputError, objectives
from keras_sounddream.errors import InputWarning
from keras_sounddream.filters import PictureFilter
from keras_sounddream.images.io import save_picture
from keras_sounddream.training import filters
from keras_sounddream.training.filters import fit
from keras_sounddream.training.transfer.picture_batches import StoredPictures
from keras_sounddream.workflows.style import filter_dream


@pytest.fixture(scope="module")
def eye():
    """A network of pictures that strides, so that places count."""
    keras.utils.set_random_seed(4)
    inputs = keras.Input((None, None, 3))
    edges = keras.layers.Conv2D(6, 3, 2, activation="relu", name="edges")(inputs)
    return keras.Model(inputs, edges, name="eye")


@pytest.fixture(scope="module")
def dream(eye):
    return DeepDream(eye, "edges", octaves=1, steps=2, roll_pixels=0)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    rows, columns = np.mgrid[:40, :56]
    for number in range(3):
        waves = [128 + 100 * np.sin(rows / (3 + number + c) + columns / 7) for c in range(3)]
        save_picture(folder / f"{number}.png", np.stack(waves, -1))
    return StoredPictures(sorted(folder.glob("*.png")), 36, folder)


def pair(rng, size=20):
    source = rng.uniform(0, 255, (2, size, size, 3)).astype("float32")
    return source, np.clip(source + rng.normal(0, 30, source.shape), 0, 255).astype("float32")


def test_the_loss_is_the_mean_rise_and_what_is_changed(dream, eye, rng):
    source, other = pair(rng)
    before, after = ((np.asarray(eye(x / 127.5 - 1)) ** 2).mean(-1) for x in (source, other))
    mean = before.mean((1, 2), keepdims=True)
    rise = np.arcsinh((after - before) / mean).mean((1, 2))
    loss = filters.PictureLoss(dream, keep=0.0, smallest=1.0)
    np.testing.assert_allclose(loss(source, tf.constant(other)), -rise, rtol=1e-3)
    changed = ((other - source) ** 2).mean((1, 2, 3)) / 144
    kept = filters.PictureLoss(dream, keep=0.5, smallest=1.0)
    np.testing.assert_allclose(kept(source, tf.constant(other)), 0.5 * changed - rise, rtol=1e-3)
    assert np.abs(loss(source, tf.constant(source))).max() < 1e-6


def test_the_scale_is_drawn_by_the_batch(dream, rng):
    loss = filters.PictureLoss(dream, 0.0, 0.4)
    batches = [pair(rng, 30) for _ in range(12)]
    sizes = [loss._scaled(a, tf.reduce_sum(tf.cast(a, "int32"))).shape[1] for a, _ in batches]
    assert min(sizes) >= 12
    assert max(sizes) <= 30
    assert len(set(sizes)) > 4
    one, again = (loss(*map(tf.constant, batches[0])) for _ in range(2))
    np.testing.assert_array_equal(one, again)


def test_logits_rise_in_their_own_unit(eye):
    top = keras.layers.Dense(3, name="top")(keras.layers.GlobalAveragePooling2D()(eye.output))
    model = keras.Model(eye.inputs, keras.layers.Softmax()(top))
    dream = DeepDream(model, objectives.logit(1), octaves=1)
    assert filters.PictureLoss(dream, 0.0)._floor == 1


def test_crops_are_drawn_by_their_step(stored):
    crops = filters.PictureCrops(stored, 12, 5, 60, 50, seed=2)
    assert (crops.epochs, len(crops)) == (2, 100)
    batch, same = crops.batch(7)
    assert batch is same
    assert batch.shape == (5, 12, 12, 3)
    assert batch.dtype == np.float32
    assert (batch.min() >= 0, batch.max() <= 255) == (True, True)
    np.testing.assert_array_equal(crops.batch(7)[0], batch)
    assert not np.array_equal(crops.batch(8)[0], batch)


def test_pictures_smaller_than_a_crop_fill_it(stored):
    assert filters.PictureCrops(stored, 64, 1, 50, 50).batch(0)[0].shape == (1, 64, 64, 3)


def test_a_resumed_run_ends_where_a_whole_one_does(dream, stored, tmp_path, monkeypatch):
    monkeypatch.setattr(fit, "PictureFilter", lambda weights: PictureFilter(weights, width=4))
    monkeypatch.setattr(fit, "_EPOCH_STEPS", 2)
    settings = filters.Settings(6, 2, crop_pixels=24, learning_rate=0.02, keep=0.01)
    whole = filters.train(dream, stored, tmp_path / "whole", settings)

    def interrupted(self, step, batch=filters.PictureCrops.batch):
        if step == 4:
            raise RuntimeError("killed")
        return batch(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(filters.PictureCrops, "batch", interrupted)
        with pytest.raises((RuntimeError, tf.errors.UnknownError), match="killed"):
            filters.train(dream, stored, tmp_path / "cut", settings)
    resumed = filters.train(dream, stored, tmp_path / "cut", settings)
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    picture = stored[np.array([0])]
    assert float(dream.score(whole(picture))[0]) > float(dream.score(picture)[0])


def test_a_filter_learns_the_style_of_a_picture(eye, stored, tmp_path, monkeypatch):
    monkeypatch.setattr(fit, "PictureFilter", lambda weights: PictureFilter(weights, width=8))
    monkeypatch.setattr(fit, "_EPOCH_STEPS", 15)
    stripes = np.repeat(np.where(np.arange(32) % 4 < 2, 0, 255)[:, None, None], 32, axis=1)
    Image.fromarray(np.repeat(stripes, 3, 2).astype("uint8")).save(tmp_path / "stripes.png")
    style = filter_dream(eye, [tmp_path / "stripes.png"], -25.0, ["edges"], roll_pixels=0)
    options = {"keep": 0.0, "smallest": 1.0, "learning_rate": 0.02}
    settings = filters.Settings(30, 2, crop_pixels=24, **options)
    trained = filters.train(style, stored, tmp_path / "run", settings)
    picture = stored[np.array([1])]
    before, after = (-float(style.score(each)[0]) for each in (picture, trained(picture)))
    assert after < 0.9 * before


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"crop_pixels": 4}, "`crop_pixels` must be"), ({"smallest": 1.5}, "`smallest` must be")],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        filters.Settings(**settings)


def test_crops_too_small_for_a_layer_are_named(tmp_path, stored):
    layers = [keras.layers.Conv2D(2, 3, 4, name=f"down{i}") for i in range(4)]
    deep = keras.Sequential([keras.Input((None, None, 3)), *layers], name="deep")
    with pytest.raises(InputError, match="Crops of 24 pixels.*layer 'down3'.*--crop-pixels"):
        filters.train(DeepDream(deep, "down3"), stored, tmp_path, filters.Settings(crop_pixels=24))


def test_sounds_are_no_pictures(dream, small_model, stored, tmp_path):
    with pytest.raises(InputError, match="Expected sounds to train a filter on"):
        filters.train(DeepDream(small_model, "conv2"), stored, tmp_path)


def test_a_picture_that_cannot_be_read_is_left_out(tmp_path):
    for name in ("a", "c"):
        save_picture(tmp_path / f"{name}.png", np.full((8, 8, 3), ord(name), "uint8"))
    (tmp_path / "b.png").write_bytes(b"no picture")
    paths = sorted(tmp_path.glob("*.png"))
    for warned in (1, 0):  # made, and found
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            pictures = StoredPictures(paths, 4, tmp_path, broken="skip")
        assert [picture.max() for picture in pictures[:]] == [ord("a"), ord("c")]
        told = [str(each.message) for each in caught if each.category is InputWarning]
        assert len(told) == warned
    assert not list(tmp_path.glob("*.whole"))
    with pytest.raises(InputError, match="b.png"):
        StoredPictures(paths, 4, tmp_path)
    with pytest.raises(InputError, match="Nothing can be read.*b.png"):
        StoredPictures(paths[1:2], 4, tmp_path, broken="skip")
