"""Picture files: what is read of them, and what is not."""

import contextlib
import warnings

import keras
import numpy as np
import pytest
from PIL import Image

from keras_sounddream import InputError
from keras_sounddream.errors import InputWarning
from keras_sounddream.images import io
from keras_sounddream.images.io import (
    build_network,
    is_picture,
    load_network,
    load_picture,
    save_picture,
)

RED, HIDDEN = (200, 50, 40), (0, 255, 0)


def with_alpha(alpha):
    return Image.new("RGBA", (3, 2), (*RED, alpha))


def palette():
    """A picture of two colours of a palette, one of which stands for nothing."""
    image = Image.new("P", (3, 2), 1)
    image.putpalette([*RED, *HIDDEN])
    image.info["transparency"] = 1
    return image


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("RGB", (3, 2), RED), RED),
        (with_alpha(255), RED),
        (with_alpha(0), (255, 255, 255)),
        (with_alpha(51), [round(0.2 * red + 0.8 * 255) for red in RED]),
        (Image.new("LA", (3, 2), (10, 0)), (255, 255, 255)),
        (palette(), (255, 255, 255)),
        (Image.new("L", (3, 2), 7), (7, 7, 7)),
        (Image.new("1", (3, 2), 1), (255, 255, 255)),
    ],
    ids=["RGB", "opaque", "nothing", "a fifth", "grey", "palette", "L", "1"],
)
def test_what_is_seen_of_a_file_is_read_on_white(image, expected, tmp_path):
    image.save(tmp_path / "photo.png", **{k: image.info[k] for k in image.info})
    found = load_picture(tmp_path / "photo.png")
    assert found.shape == (1, 2, 3, 3)
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape), atol=1)


def test_what_is_written_is_read_again(tmp_path, rng):
    pixels = rng.integers(0, 256, (1, 5, 7, 3)).astype("float32")
    save_picture(tmp_path / "photo.png", pixels)
    np.testing.assert_array_equal(load_picture(tmp_path / "photo.png"), pixels)


def test_what_is_no_picture_is_named(tmp_path):
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("hello")
    Image.new("RGB", (64, 64)).save(tmp_path / "whole.png")
    Image.new("I;16", (4, 4)).save(tmp_path / "deep.png")
    data = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "half.png").write_bytes(data[: len(data) // 2])
    for name, message in {
        "missing.png": "missing.png: there is no such file",
        "empty.png": "empty.png as a picture",
        "text.png": "text.png as a picture",
        "half.png": "half.png as a picture",
        "deep.png": "deep.png has more than 8 bits per colour",
        ".": "is a folder. Name a file in it",
    }.items():
        with pytest.raises(InputError, match=message) as refusal:
            load_picture(tmp_path / name)
        assert "\n" not in str(refusal.value)
        assert is_picture(tmp_path / name) == (name in ("half.png", "deep.png"))
    assert is_picture(tmp_path / "whole.png")


@pytest.mark.parametrize(
    ("suffix", "count", "message"),
    [
        ("gif", 2, "many.gif holds several pictures: the first is taken"),
        ("png", 2, "holds several pictures"),
        ("tif", 3, "holds several pictures"),
        ("webp", 2, "holds several pictures"),
        ("gif", 1, None),
        ("mpo", 2, None),  # a camera's JPEG with its preview
    ],
)
def test_the_first_of_several_pictures_is_taken_and_said(suffix, count, message, tmp_path):
    first, *others = (Image.new("RGB", (3, 2), (0, 0, 60 * i)) for i in range(count))
    first.save(tmp_path / f"many.{suffix}", save_all=True, append_images=others)
    caught = pytest.warns(InputWarning, match=message) if message else contextlib.nullcontext()
    with caught, warnings.catch_warnings():
        if not message:
            warnings.simplefilter("error")
        found = load_picture(tmp_path / f"many.{suffix}")
    np.testing.assert_allclose(found, 0, atol=6)


def test_the_limit_of_pixels_is_ours_alone(tmp_path, monkeypatch):
    save_picture(tmp_path / "a.png", np.zeros((4, 4, 3)))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_picture(tmp_path / "a.png").shape == (1, 4, 4, 3)
        assert is_picture(tmp_path / "a.png")


def test_a_network_to_look_at_needs_no_weights():
    network = build_network("mobilenet")
    assert isinstance(network.get_layer("conv_pw_5"), keras.layers.Conv2D)
    with pytest.raises(InputError, match="Expected --weights FILE"):
        load_network("mobilenet", None)


def test_a_picture_beyond_memory_is_named(tmp_path, monkeypatch):
    def full(_):
        raise MemoryError

    save_picture(tmp_path / "a.png", np.zeros((4, 4, 3)))
    monkeypatch.setattr(io, "_on_white", full)
    with pytest.raises(InputError, match="a.png does not fit into memory: make it smaller"):
        load_picture(tmp_path / "a.png")
