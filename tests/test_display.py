"""HTML of results and models in notebooks: escaped, bounded, heard as it is."""

import base64
import html.parser
import io
import re

import numpy as np
import pytest
import soundfile

from keras_sounddream import DeepDream, applications, display

HOSTILE = '<script>alert("x")</script>'


class Parts(html.parser.HTMLParser):
    """Names of the elements of a text, those left open, and the addresses of its media."""

    def __init__(self, text):
        super().__init__()
        self.names, self.open, self.sources = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.names.append(tag)
        self.sources += [value for name, value in attributes if name == "src"]
        if tag not in ("img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def sound_of(address):
    kind, content = address.split(";base64,")
    assert kind == "data:audio/flac"
    return soundfile.read(io.BytesIO(base64.b64decode(content)))


def test_a_dream_plays_before_and_after(small_model, chirp):
    result = DeepDream(small_model, "conv1", octaves=1, steps=2).run(chirp)
    parts = Parts(result._repr_html_())
    assert parts.open == []
    assert (parts.names.count("audio"), parts.names.count("img")) == (2, 2)
    sounds = [sound_of(source) for source in parts.sources if "audio" in source]
    for (waveform, rate), array in zip(sounds, (result.source, result.dream), strict=True):
        assert rate == 24000
        np.testing.assert_allclose(waveform, array[0], atol=1 / 32768)
    assert f"{result.gain[0]:.1f} times" in result._repr_html_()


def test_a_batch_says_that_one_is_shown(small_model, chirp):
    result = DeepDream(small_model, "conv1", octaves=1, steps=1).run(np.tile(chirp, (3, 1)))
    assert "(the first of 3)" in result._repr_html_()


def test_a_long_sound_is_cut_and_says_so():
    noise = np.random.default_rng(0).uniform(-1, 1, 45 * 8000)
    text = display.sound_figures({"noise": noise}, 8000)
    assert len(sound_of(Parts(text).sources[1])[0]) == display.MOST_SECONDS * 8000
    assert "first 20 of 45 s" in text
    assert len(text) < 4 / 3 * 2 * display.MOST_SECONDS * 8000 + 200_000  # noise at its worst


def test_a_large_picture_is_shown_small():
    from PIL import Image

    text = display.picture_figures({"a": np.zeros((3000, 1000, 3))})
    content = base64.b64decode(Parts(text).sources[0].split(";base64,")[1])
    assert Image.open(io.BytesIO(content)).size == (167, 500)


@pytest.mark.parametrize(
    "text",
    [
        display.titled(HOSTILE, display.facts({HOSTILE: HOSTILE})),
        display.sound_figures({HOSTILE: np.zeros(100)}, 8000),
        display.player("x.wav", HOSTILE + '"'),
    ],
)
def test_words_stay_words(text):
    parts = Parts(text)
    assert "script" not in parts.names
    assert parts.open == []


def test_a_model_names_its_rate_and_the_first_of_its_classes():
    text = applications.LogMelCNN()._repr_html_()
    assert Parts(text).open == []
    assert "24,000 Hz" in text
    assert re.search(r"10: dog, rain, ", text)


def test_of_many_classes_the_first_are_named():
    model = applications.LogMelCNN(weights=None, classes=2000)
    model.labels = [f"{HOSTILE} {i}" for i in range(2000)]
    text = model._repr_html_()
    assert "2000: " in text
    assert "script" not in Parts(text).names
    assert len(text) < 5000
