"""Filters of pictures: any size, within their limit, each pixel by what is near it."""

import keras
import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.applications import save_weights
from keras_sounddream.filters import DreamFilter, PictureChange, PictureFilter


def make_filter(**settings):
    """A small filter with weights that are not small."""
    model = PictureFilter(None, **{"width": 6, "dilations": (1, 2), **settings})
    rng = np.random.default_rng(1)
    drawn = [rng.normal(0, 0.5, weight.shape) for weight in model.weights]
    model.set_weights([array.astype("float16") for array in drawn])  # as files hold them
    return model


def photo(rng, rows, columns):
    return rng.integers(0, 256, (2, rows, columns, 3)).astype("float32")


@pytest.mark.parametrize("size", [(1, 1), (4, 4), (5, 18), (33, 31)])
def test_a_new_filter_changes_nothing_in_any_size(rng, size):
    picture = photo(rng, *size)
    np.testing.assert_array_equal(PictureFilter(None, width=4)(picture), picture)
    assert make_filter()(picture).shape == picture.shape


def test_no_pixel_changes_by_more_than_the_limit(rng):
    picture = photo(rng, 24, 32)
    change = np.asarray(make_filter(limit=20.0)(picture)) - picture
    assert 15 < np.abs(change).max() <= 20.001
    white = make_filter(limit=255.0)(picture)
    assert (np.min(white), np.max(white)) == (0.0, 255.0)


def test_a_pixel_is_changed_by_what_is_near_it(rng):
    model, picture = make_filter(), photo(rng, 96, 96)
    other = picture.copy()
    other[:, :8, :8] = 255 - other[:, :8, :8]
    differs = np.abs(np.asarray(model(other)) - np.asarray(model(picture))).max((0, 3))
    assert differs[:8, :8].max() > 1
    assert differs[60:, 60:].max() < 1e-3


def test_a_part_is_filtered_as_in_the_whole(rng):
    model, picture = make_filter(), photo(rng, 96, 96)
    whole, part = model(picture), model(picture[:, :64, :64])
    np.testing.assert_allclose(whole[:, :24, :24], part[:, :24, :24], atol=1e-3)


@pytest.mark.parametrize("suffix", [".keras", ".npz"])
def test_a_filter_is_saved_and_loaded(rng, tmp_path, suffix):
    model, picture = make_filter(limit=30.0), photo(rng, 12, 20)
    path = tmp_path / f"mine{suffix}"
    if suffix == ".keras":
        model.save(path)
        loaded = keras.saving.load_model(path)
    else:
        save_weights(model, path)
        loaded = PictureFilter(path)
    np.testing.assert_allclose(loaded(picture), model(picture), atol=1e-3)
    assert loaded.get_layer("change").limit == 30


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"width": 1}, "`width` must be"),
        ({"dilations": ()}, None),
        ({"dilations": (0,)}, "`dilations` must be"),
        ({"limit": 256}, "`limit` must be"),
        ({"mask_db": 3}, "of width, dilations, limit"),
        ({"weights": "fire88"}, "Did you mean 'fire8'"),
        ({"weights": 3}, "Received: 3"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    settings = {"weights": None, **settings}
    if message is None:
        assert PictureFilter(**settings).count_params() < 60_000
        return
    with pytest.raises(InputError, match=message):
        PictureFilter(**settings)
    if "mask_db" not in settings and settings.pop("weights") is None:
        with pytest.raises(InputError, match=message):
            PictureChange(**settings)


def test_weights_of_the_other_kind_are_named(tmp_path):
    save_weights(make_filter(), tmp_path / "photo.npz")
    save_weights(DreamFilter(None, width=4), tmp_path / "sound.npz")
    with pytest.raises(InputError, match="photo.npz is a filter of pictures: take PictureFilter"):
        DreamFilter(tmp_path / "photo.npz")
    with pytest.raises(InputError, match="sound.npz is a filter of sounds: take DreamFilter"):
        PictureFilter(tmp_path / "sound.npz")
