"""The atlas of a layer: its files, its links, and the keys of its page."""

import re

import numpy as np
import pytest
import soundfile
from browser import look_at
from reports.made_units import make_units

from keras_sounddream import InputError
from keras_sounddream.reports.units import write_atlas, write_dreams

CELLS = [[0, 0], [0, 2], [2, 0]]


@pytest.fixture
def found(tmp_path):
    return make_units(tmp_path, third=(0, 1, 0, 2))


def atlas_of(found, folder, dreamed=(0, 1, 2)):
    tone = 0.2 * np.sin(np.arange(4000) * 2 * np.pi * 440 / 8000).astype("float32")
    write_dreams(folder, [(unit, tone) for unit in dreamed], 8000)
    return write_atlas(found, folder, [0, 1, 2], CELLS)


def test_each_unit_has_its_cell_and_its_sounds(found, tmp_path):
    page = atlas_of(found, tmp_path / "atlas", dreamed=(0, 2)).read_text("utf-8")
    links = re.findall(r'<a href="([^"]+)" data-best="([^"]+)" [^>]*grid-area:(\d)/(\d)', page)
    assert links == [
        ("sounds/unit-0.mp3", "sounds/clip-3-500.mp3", "1", "1"),
        ("sounds/clip-0-1000.mp3", "sounds/clip-0-1000.mp3", "1", "3"),
        ("sounds/unit-2.mp3", "sounds/clip-0-0.mp3", "3", "1"),
    ]
    for address in {name for link in links for name in link[:2]}:
        samples, rate = soundfile.read(tmp_path / "atlas" / address)
        hertz = np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples)
        expected = 440 if "unit" in address else 500 * (int(address[12]) + 1)
        assert hertz == pytest.approx(expected, abs=5)
    assert "http" not in page.replace("https://", "http")
    assert "rain &amp; &lt;wind&gt;" in page
    assert "<wind>" not in page


def test_an_existing_page_is_kept(found, tmp_path):
    atlas_of(found, tmp_path / "atlas")
    with pytest.raises(InputError, match="index.html exists"):
        write_atlas(found, tmp_path / "atlas", [0, 1, 2], CELLS)
    write_atlas(found, tmp_path / "atlas", [0, 1, 2], CELLS, overwrite=True)


@pytest.mark.parametrize("width", [1200, 360])
def test_the_page_plays_and_fits(found, tmp_path, width):
    page = atlas_of(found, tmp_path / "atlas")
    seen = look_at(page, tmp_path, width)
    assert seen["sounds"] == pytest.approx([0.5, 2.0], abs=0.1)
    assert (seen["overflow"], seen["unnamed"], seen["errors"]) == (0, 0, [])


@pytest.mark.parametrize(("start", "key", "end"), [
    (0, "ArrowRight", 1),
    (0, "ArrowDown", 2),
    (2, "ArrowUp", 0),
    (1, "ArrowRight", 1),
])  # fmt: skip
def test_arrow_keys_go_to_the_neighbour(found, tmp_path, start, key, end):
    page = atlas_of(found, tmp_path / "atlas")
    press = (
        f'<script>units[{start}].focus(); units[{start}].dispatchEvent(new KeyboardEvent("keydown",'
        f' {{key: "{key}", cancelable: true}})); document.activeElement.click();'
        'throw new Error(`now ${document.querySelector("[aria-current]").textContent},'
        ' ${best.getAttribute("src")}`)</script></body>'
    )
    page.write_text(page.read_text("utf-8").replace("</body>", press), "utf-8")
    best = ("clip-3-500", "clip-0-1000", "clip-0-0")[end]
    assert f"now {end}, sounds/{best}.mp3" in look_at(page, tmp_path)["errors"][0]
