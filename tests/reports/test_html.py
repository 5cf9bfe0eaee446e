"""The parts of pages: escaping, tables, numbers in words, addresses."""

import base64
import io

import numpy as np
import pytest
import soundfile

from keras_sounddream import InputError, display
from keras_sounddream.reports import html

MARKUP = "<b>&\"'"
ESCAPED = "&lt;b&gt;&amp;&quot;&#x27;"


def test_a_document_is_complete_and_its_title_is_text():
    page = html.document(MARKUP, "<p>body</p>")
    assert page.startswith("<!DOCTYPE html>")
    assert f"<title>{ESCAPED}</title>" in page
    assert "<main>\n<p>body</p>\n</main>" in page
    assert "http" not in page  # nothing is fetched


def test_a_page_is_written_whole_and_replaced_when_asked(tmp_path):
    path = tmp_path / "page.html"
    html.write(path, "title", ["<p>1</p>", "<p>2</p>"])
    assert "<p>1</p>\n<p>2</p>" in path.read_text()
    with pytest.raises(InputError, match="exists"):
        html.write(path, "title", ["<p>3</p>"])
    assert "<p>3</p>" not in path.read_text()
    html.write(path, "title", ["<p>3</p>"], overwrite=True)
    assert "<p>3</p>" in path.read_text()
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.parametrize(
    ("gain", "text"),
    [(None, "–"), (0.0, "0.0 ×"), (4.62, "4.6 ×"), (99.94, "99.9 ×"), (1234.4, "1,234 ×")],
)
def test_gains_in_words(gain, text):
    assert html.times(gain) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0.0, "0%"), (0.947, "95%"), (1.0, "100%")]
)
def test_shares_in_words(value, text):
    assert html.share(value) == text


@pytest.mark.parametrize(
    ("share", "width"),
    [(-1, "0.0%"), (0.0, "0.0%"), (0.333, "33.3%"), (1.0, "100.0%"), (7, "100.0%")],
)
def test_bars_stay_inside_their_cell(share, width):
    assert f'style="width:{width}"' in html.bar(share)
    assert 'aria-hidden="true"' in html.bar(share)


def test_a_table_has_a_heading_per_column_and_row():
    table = html.table(("", "gain"), [("conv1", "2", "3"), ["conv2", "4", "5"]])
    assert table == (
        '<table><thead><tr><th></th><th scope="col">gain</th></tr></thead><tbody>'
        '<tr><th scope="row">conv1</th><td>2</td><td>3</td></tr>'
        '<tr><th scope="row">conv2</th><td>4</td><td>5</td></tr></tbody></table>'
    )


def test_numbers_are_text():
    assert html.numbers({"layer": "<b>"}) == "<dl><div><dt>layer</dt><dd>&lt;b&gt;</dd></div></dl>"


def test_a_figure_without_a_note_has_none():
    assert "<small>" not in html.figure("title", "", "<p></p>")
    figure = html.figure(MARKUP, MARKUP, "<p>1</p>", "<p>2</p>")
    assert figure.count(ESCAPED) == 2
    assert figure.endswith("<p>1</p><p>2</p></figure>")


@pytest.mark.parametrize(
    ("name", "address"),
    [("a.wav", "a.wav"), ("a b/c#1.wav", "a%20b/c%231.wav"), ("ü&.png", "%C3%BC%26.png")],
)
def test_addresses_of_files_are_quoted(name, address):
    assert html.address(name) == address


def test_a_player_names_its_sound_for_readers():
    player = display.player("a.wav", MARKUP)
    assert f'src="a.wav" title="{ESCAPED}"' in player
    assert "controls" in player


def test_a_sound_inside_an_address_is_the_sound_in_16_bits():
    waveform = np.array([0.0, 0.5, -1.0, 0.25], "float32")
    kind, content = display.sound_uri(waveform, 8000).split(";base64,")
    read, rate = soundfile.read(io.BytesIO(base64.b64decode(content)), dtype="int16")
    assert (kind, rate) == ("data:audio/wav", 8000)
    np.testing.assert_allclose(read / 32768, waveform, atol=1 / 32768)


def test_the_colour_scale_names_both_ends():
    scale = html.colour_scale(-12.4)
    assert "<span>−12 dB</span>" in scale
    assert "<span>−92 dB</span>" in scale


def test_a_spectrogram_has_seconds_and_hertz():
    levels = np.linspace(-90, -10, 60).reshape(10, 6)
    picture = html.spectrogram_picture(levels, -10.0, 2.0, 8000, MARKUP)
    assert f'alt="{ESCAPED}"' in picture
    assert '<span style="left:50.00%">1</span>' in picture
    assert '<span style="bottom:50.00%">2000</span>' in picture
    assert "time (s)" in picture
    assert "frequency (Hz)" in picture
