"""Plots and the page of sonified layers, over files that are there."""

import re

import numpy as np
import pytest
import soundfile
from PIL import Image

from keras_sounddream import InputError
from keras_sounddream.reports import sonification
from keras_sounddream.reports.sonification import Sound, draw_sound, write_page

RATE = 8000


@pytest.fixture
def folder(tmp_path, rng):
    soundfile.write(tmp_path / "in put.wav", rng.normal(0, 0.1, RATE), RATE)
    soundfile.write(tmp_path / "conv_sum.wav", rng.normal(0, 0.1, RATE // 2), RATE)
    (tmp_path / "filters").mkdir()
    for i, level in enumerate((0.1, 0.0, 0.4, 0.2, 0.3, 0.05)):
        soundfile.write(tmp_path / f"filters/{i}.wav", rng.normal(0, level, 800), RATE)
    return tmp_path


def page_of(folder, *sounds):
    write_page(folder / "index.html", "Layers & more", "in put.wav", sounds)
    return (folder / "index.html").read_text()


def test_the_input_comes_first_and_addresses_are_quoted(folder):
    page = page_of(folder, Sound("conv", "sum", ("conv_sum.wav",), graph="graph conv.png"))
    assert re.findall(r'<audio [^>]*src="([^"]+)"', page) == ["in%20put.wav", "conv_sum.wav"]
    assert "<h1>Layers &amp; more</h1>" in page
    assert '<a href="graph%20conv.png">' in page
    assert "1 s at 8000 Hz" in page


def test_a_picture_is_shown_in_place_of_a_sound(folder):
    write_page(folder / "index.html", "Layers", "photo.png", [])
    page = (folder / "index.html").read_text()
    assert '<img src="photo.png" alt="The input">' in page
    assert "<audio" not in page


def test_activations_open_the_larger_picture(folder):
    page = page_of(folder, Sound("conv<1>", "sum", ("conv_sum.wav",), picture="acts.png"))
    assert 'href="acts.png"><img src="acts.png" alt="Activations, conv&lt;1&gt;"' in page


def test_of_separate_filters_those_that_vary_most_have_players(folder):
    files = tuple(f"filters/{i}.wav" for i in range(6))
    page = page_of(folder, Sound("conv", "separate", files))
    players = re.findall(r'<audio [^>]*src="([^"]+)"', page)[1:]
    assert players == [f"filters/{i}.wav" for i in (0, 2, 3, 4)]
    assert "4 of 6 filters" in page
    assert '<a href="filters/">All 6 files</a>' in page


def test_silent_filters_alone_still_have_one_player(folder):
    page = page_of(folder, Sound("conv", "separate", ("filters/1.wav",)))
    assert 'src="filters/1.wav"' in page


def test_a_long_sound_is_shown_by_its_beginning(folder, monkeypatch):
    monkeypatch.setattr(sonification, "_MOST_SECONDS", 0.25)
    page = page_of(folder, Sound("conv", "sum", ("conv_sum.wav",)))
    assert "Spectrogram, conv, the first 0 s" in page
    assert "0.5 s at 8000 Hz" in page


def test_a_missing_sound_is_named_and_no_page_is_left(folder):
    with pytest.raises(InputError, match=r"gone\.wav"):
        page_of(folder, Sound("conv", "sum", ("gone.wav",)))
    assert not (folder / "index.html").exists()


def test_a_plot_is_a_picture_of_waveform_and_spectrogram(folder):
    draw_sound(folder / "conv_sum.wav", folder / "graph.png")
    with Image.open(folder / "graph.png") as image:
        assert image.size == (900, 500)
        assert np.ptp(np.asarray(image.convert("L"))) > 200
    with pytest.raises(InputError, match="exists"):
        draw_sound(folder / "conv_sum.wav", folder / "graph.png")
    draw_sound(folder / "conv_sum.wav", folder / "graph.png", overwrite=True)
