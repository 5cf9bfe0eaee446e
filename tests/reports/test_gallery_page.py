"""The page of a gallery, written over files that are there."""

import re

import numpy as np
import pytest
import soundfile
from PIL import Image

from keras_sounddream import InputError
from keras_sounddream.reports import write_gallery

LAYERS = {
    "conv<1>": {"gain": 2.0, "retained": 0.9, "seconds": 1.0, "file": "conv 1"},
    "conv2": {"gain": 8.0, "retained": None, "seconds": 2.0, "file": "conv2"},
    "conv3": {"gain": None, "retained": 1.0, "seconds": 3.0, "file": "conv3"},
}


@pytest.fixture
def sounds(tmp_path, rng):
    for name in ("input", *(figures["file"] for figures in LAYERS.values())):
        soundfile.write(tmp_path / f"{name}.wav", rng.normal(0, 0.1, 2000), 8000)
    return tmp_path


@pytest.fixture
def pictures(tmp_path, rng):
    for name in ("input", *(figures["file"] for figures in LAYERS.values())):
        pixels = rng.integers(0, 256, (8, 9, 3), "uint8")
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    return tmp_path


def test_sounds_have_players_and_layers_their_figures(sounds):
    write_gallery(sounds, LAYERS, "Dreams & more")
    page = (sounds / "index.html").read_text()
    assert "<h1>Dreams &amp; more</h1>" in page
    assert re.findall(r'<audio [^>]*src="([^"]+)"', page) == [
        *("input.wav", "conv%201.wav", "conv2.wav", "conv3.wav")
    ]
    assert "conv&lt;1&gt;" in page
    assert "conv<1>" not in page
    rows = re.findall(r'<th scope="row">.*?</tr>', page)
    assert ["2.0 ×" in rows[0], "8.0 ×" in rows[1], "<td>–" in rows[2]] == [True] * 3
    widths = [float(width) for width in re.findall(r'class="bar " [^>]*width:([\d.]+)%', page)]
    assert widths == [25.0, 100.0, 0.0]


def test_pictures_open_their_files(pictures):
    write_gallery(pictures, LAYERS, "Dreams")
    page = (pictures / "index.html").read_text()
    assert re.findall(r'<a href="([^"#]+)"', page) == [
        *("input.png", "conv%201.png", "conv2.png", "conv3.png")
    ]
    assert "<audio" not in page


def test_a_page_is_replaced_only_when_asked(pictures):
    write_gallery(pictures, LAYERS, "first")
    with pytest.raises(InputError, match="exists"):
        write_gallery(pictures, LAYERS, "second")
    write_gallery(pictures, LAYERS, "second", overwrite=True)
    assert "<h1>second</h1>" in (pictures / "index.html").read_text()


def test_a_missing_sound_is_named_and_no_page_is_left(sounds):
    (sounds / "conv2.wav").unlink()
    with pytest.raises(InputError, match=r"conv2\.wav"):
        write_gallery(sounds, LAYERS, "Dreams")
    assert not (sounds / "index.html").exists()


def test_a_sound_that_changes_is_read_again(sounds):
    write_gallery(sounds, LAYERS, "Dreams")
    soundfile.write(sounds / "conv2.wav", np.zeros(16000), 8000)
    write_gallery(sounds, LAYERS, "Dreams", overwrite=True)
    assert 'title="conv2, 2.0 s"' in (sounds / "index.html").read_text()
