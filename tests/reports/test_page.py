"""The page of a dream."""

import base64
import html.parser
import io
import re

import numpy as np
import pytest
import soundfile
from browser import look_at
from reports.results import RATE, of_picture, of_sound

from keras_sounddream import InputError
from keras_sounddream.reports.dream.page import write_page

SCORES = [("dog & <cat>", 0.2, 0.9), ("rain", 0.7, 0.05)]


@pytest.fixture
def sound(chirp):
    return of_sound(chirp, chirp * 0.5)


@pytest.fixture
def picture(rng):
    source = rng.uniform(0, 255, (1, 40, 60, 3)).astype("float32")
    return of_picture(source, source[:, ::-1])


def written(result, tmp_path, **settings):
    write_page(result, tmp_path / "page.html", **settings)
    return (tmp_path / "page.html").read_text("utf-8")


def test_the_players_play_the_sounds_in_16_bits(sound, chirp, tmp_path):
    stages = [chirp * 0.8, chirp * 0.6, chirp * 0.5]
    page = written(sound, tmp_path, stages=stages)
    sounds = re.findall(r'<audio[^>]*src="data:audio/wav;base64,([^"]+)"', page)
    assert len(sounds) == 4  # the input, two octaves, and the dream, which is the third's
    for content, factor in zip(sounds, (1, 0.8, 0.6, 0.5), strict=True):
        file = io.BytesIO(base64.b64decode(content))
        assert soundfile.info(file).subtype == "PCM_16"
        file.seek(0)
        samples, rate = soundfile.read(file)
        assert rate == RATE
        assert np.abs(samples - factor * chirp[0]).max() <= 0.5001 / 32768
    assert "After octave 2 of 3" in page
    assert "After octave 3" not in page


def test_the_page_needs_nothing_but_itself(sound, tmp_path):
    page = written(sound, tmp_path, scores=SCORES)
    addresses = re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?([^"\'>) ]*)', page)
    assert addresses
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert "http" not in page
    assert "@import" not in page


class _Balance(html.parser.HTMLParser):
    """Fails where a tag is closed that is not the open one."""

    def __init__(self):
        super().__init__()
        self.open, self.text = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "link", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_every_tag_is_closed_and_words_are_no_markup(sound, tmp_path):
    parser = _Balance()
    title = 'A <b>dream</b> & "more"'
    parser.feed(written(sound, tmp_path, stages=[sound.source], scores=SCORES, title=title))
    assert parser.open == []
    assert parser.text.count(title) == 2  # title and heading
    assert "dog & <cat>" in parser.text


def test_the_figures_are_said(sound, tmp_path):
    page = written(sound, tmp_path, scores=SCORES)
    text = re.sub(r"<[^>]+>", " ", page)
    for words in ("5.0 ×", "95%", "1.2 s", "conv2", "20.0%", "90.0%", "5.0 times as strongly"):
        assert words in text, words
    assert "frequency (Hz)" in text
    assert "time (s)" in text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"layers": ["a", "b"]}, "layers <code>a</code> and <code>b</code> respond 5.0 times"),
        ({"objective_before": 0.0, "gain": None}, "rose from 0 to 10"),
        ({"objective_before": -3.0, "gain": -3.3}, "rose from -3 to 10"),
        ({"objective_real": 1.0, "gain": 0.5}, "did not rise: this dream failed"),
        ({"objective_real": None}, "did not rise: this dream failed"),
        ({"layers": []}, "The objective rose from 2 to 10"),
        ({"objective": [float("nan"), 1.0]}, "5.0 times as strongly"),
        ({"objective": [2.0]}, "5.0 times as strongly"),
        ({"retained": None}, "5.0 times as strongly to the dream as to the input.</p>"),
    ],
)
def test_other_dreams_are_said_in_other_words(chirp, tmp_path, changed, words):
    assert words in written(of_sound(chirp, chirp, **changed), tmp_path)


def test_pictures_are_shown(picture, tmp_path):
    page = written(picture, tmp_path, stages=[picture.source])
    assert page.count("<img ") == 3
    assert "<audio" not in page
    assert "60 × 40" in page


@pytest.mark.parametrize("width", [400, 1200])
def test_a_browser_plays_every_sound_and_shows_every_picture(sound, tmp_path, width):
    written(sound, tmp_path, stages=[sound.source * 0.7, sound.waveform], scores=SCORES)
    found = look_at(tmp_path / "page.html", tmp_path, width)
    assert found["sounds"] == pytest.approx([1.0, 1.0, 1.0], abs=0.01)
    assert len(found["images"]) == 4
    assert min(found["images"]) > 0
    assert found["unnamed"] == 0
    assert found["overflow"] <= 0
    assert found["errors"] == []
    assert found["console"] == []


def test_the_browser_would_notice_what_is_broken(tmp_path):
    (tmp_path / "bad.html").write_text(
        "<!DOCTYPE html><html><head></head><body><img src='data:image/png;base64,AAAA'>"
        "<audio controls src='data:audio/wav;base64,AAAA'></audio>"
        "<p style='width: 5000px'>wide</p><script>nothing();</script></body></html>"
    )
    found = look_at(tmp_path / "bad.html", tmp_path)
    assert found["sounds"] == [-1]
    assert found["images"] == [0]
    assert found["unnamed"] == 2
    assert found["overflow"] > 3000
    assert any("nothing is not defined" in one for one in found["errors"])
    assert any("nothing is not defined" in line for line in found["console"])


def test_a_browser_shows_pictures(picture, tmp_path):
    written(picture, tmp_path)
    found = look_at(tmp_path / "page.html", tmp_path)
    assert found["images"] == [60, 60]
    assert found["errors"] == found["console"] == []


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("page.txt", {}, "Expected a page .html. Received: page.txt"),
        ("no/page.html", {}, "does not exist"),
        ("mine.html", {}, "mine.html exists"),
        (".", {}, "is a folder"),
        ("page.html", {"stages": [np.zeros((1, 4, 4, 3))]}, "Expected stages like the dream"),
        ("page.html", {"scores": [("dog", 0.2)]}, "Expected scores as (label, before, after)"),
        ("page.html", {"scores": [("dog", 0.2, 12.0)]}, "Expected scores as (label"),
    ],
)
def test_bad_input_is_said_and_nothing_is_written(sound, tmp_path, name, settings, message):
    (tmp_path / "mine.html").write_bytes(b"mine")
    with pytest.raises(InputError, match=re.escape(message)):
        write_page(sound, tmp_path / name, **settings)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.html"]
    assert (tmp_path / "mine.html").read_bytes() == b"mine"


def test_a_page_is_replaced_when_asked(sound, tmp_path):
    (tmp_path / "page.html").write_bytes(b"old")
    assert "<!DOCTYPE html>" in written(sound, tmp_path, overwrite=True)
