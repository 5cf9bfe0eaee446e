"""The page of units: what it shows, and that its buttons play."""

import base64
import io
import re

import numpy as np
import pytest
import soundfile
from browser import look_at
from reports.made_units import RATE, make_units

from keras_sounddream import InputError
from keras_sounddream.reports.units import excerpts, write_units


@pytest.fixture
def found(tmp_path):
    return make_units(tmp_path, third=(0, 0, 0, 0))


def page_of(found, tmp_path, **settings):
    write_units(found, tmp_path / "units.html", **settings)
    return (tmp_path / "units.html").read_text("utf-8")


def test_pieces_are_2_s_around_the_moment_and_shared(found, tmp_path):
    page = page_of(found, tmp_path)
    sounds = dict(re.findall(r'"(\d-\d+)": "data:audio/mpeg;base64,([^"]+)"', page))
    assert set(sounds) == {"3-500", "2-0", "0-1000", "0-0", "1-500"}
    for key, content in sounds.items():
        samples, rate = soundfile.read(io.BytesIO(base64.b64decode(content)))
        assert (rate, len(samples)) == (RATE, pytest.approx(2 * RATE, abs=2400))
        loudest = np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples)
        assert loudest == pytest.approx(500 * (int(key[0]) + 1), abs=2)
    assert page.count('data-sound="3-500"') == 2


def test_units_stand_in_order_with_their_classes(found, tmp_path):
    page = page_of(found, tmp_path)
    assert re.findall(r'id="unit-(\d)"', page) == ["0", "1", "2"]
    assert "AUC 1.000, d′ 4.00" in page
    assert "rain &amp; &lt;wind&gt;" in page
    assert "<wind>" not in page
    assert "2 separate a class from all others" in page
    assert re.search(r"units that never respond</dt><dd>1<", page)
    assert re.findall('class="(own|other)"', page) == ["own", "own", "own", "other", "own", "own"]
    page = page_of(found, tmp_path, units=found.order("dog"), overwrite=True)
    assert re.findall(r'id="unit-(\d)"', page) == ["0"]


def test_buttons_play_and_the_filter_hides(found, tmp_path):
    path = tmp_path / "units.html"
    page = page_of(found, tmp_path)
    seen = look_at(path, tmp_path)
    assert seen["sounds"] == [pytest.approx(2.0, abs=0.1)]
    assert not seen["errors"]
    assert not seen["console"]
    assert seen["unnamed"] == 0
    assert seen["overflow"] <= 0
    assert look_at(path, tmp_path, width=500)["overflow"] <= 0
    act = """<script>addEventListener("load", () => {
      const select = document.querySelector("select");
      const button = document.querySelectorAll("button")[2];
      button.click(); select.value = "dog"; select.onchange({target: select});
      if (player.src !== sounds["0-1000"] || button.ariaPressed !== "true") throw Error("silent");
      const hidden = [...document.querySelectorAll(".units > div")].map((unit) => unit.hidden);
      if (hidden.join() !== "false,true,true") throw Error("shown: " + hidden);
      if (!caption.textContent.startsWith("Unit 1: rain & <wind>, clip0.wav")) throw Error("mute");
    });</script></body>"""
    path.write_text(page.replace("</body>", act), "utf-8")
    seen = look_at(path, tmp_path)
    assert not seen["errors"]
    assert seen["sounds"] == [pytest.approx(2.0, abs=0.1)]


def test_a_full_page_leaves_buttons_silent(found, tmp_path, monkeypatch):
    monkeypatch.setattr(excerpts, "_MOST_BYTES", 25_000)
    page = page_of(found, tmp_path)
    assert 0 < page.count(" disabled>") < 6
    assert len(page) < 60_000


def test_a_page_that_cannot_be_written_is_refused(found, tmp_path):
    with pytest.raises(InputError, match="Expected a page .html"):
        write_units(found, tmp_path / "units.txt")
    page_of(found, tmp_path)
    with pytest.raises(InputError, match="exists"):
        page_of(found, tmp_path)
