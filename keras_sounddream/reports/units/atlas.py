"""Atlas of a layer: a folder with a page on which its units lie in a plane, each with sounds."""

import pathlib
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np

from keras_sounddream import display
from keras_sounddream.audio.io import resample
from keras_sounddream.files import check_output, keep_folder, written_beside
from keras_sounddream.reports import html
from keras_sounddream.reports.units.excerpts import RATE, Excerpts, to_mp3
from keras_sounddream.types import Array, PathLike

PAGE, SOUNDS = "index.html", "sounds"

_STYLE = """<style>
.plane { display: grid; gap: 2px; grid-template-columns: repeat(var(--side), minmax(1.7rem, 1fr));
  min-width: calc(var(--side) * 1.7rem); max-width: calc(var(--side) * 3.5rem); padding: 3px; }
.plane a, .key span { background: hsl(var(--hue) 65% 82%); color: #1d1b22; border-radius: .3rem; }
.plane a { display: flex; align-items: center; justify-content: center; min-height: 1.7rem;
  font-size: .7rem; text-decoration: none; font-variant-numeric: tabular-nums; }
.plane a:focus-visible, .plane a[aria-current=true] { outline: 3px solid var(--accent); }
.key { display: flex; flex-wrap: wrap; gap: .3rem; margin: 1rem 0; font-size: .8rem; }
.key span { padding: .1rem .5rem; }
.player { position: sticky; bottom: 0; margin: 1rem -1rem 0; padding: .6rem 1rem 1rem;
  background: var(--card); border-top: 1px solid var(--line); }
.player p { margin: 0; max-width: none; overflow-wrap: anywhere; }
.player > div { display: grid; gap: .2rem 1rem; font-size: .8rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); }
.player audio { margin-top: .1rem; height: 2.4rem; }
</style>"""
_SCRIPT = """<script>
const units = [...document.querySelectorAll(".plane a")];
const [dreamed, best] = document.querySelectorAll(".player audio");
const caption = document.querySelector(".player p");
const steps = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
const cell = (unit) => [unit.dataset.row, unit.dataset.column].map(Number);
function choose(unit) {
  units.forEach((other) => other.removeAttribute("aria-current"));
  unit.setAttribute("aria-current", "true");
  caption.textContent = unit.title;
  if (best && unit.dataset.best) best.src = unit.dataset.best;
  dreamed.pause();
  dreamed.src = unit.getAttribute("href");
  dreamed.play().catch(() => {});
}
function next(unit, [down, across]) {
  const [row, column] = cell(unit);
  const far = (other) => {
    const [r, c] = cell(other);
    const along = (r - row) * down + (c - column) * across;
    const aside = Math.abs((r - row) * across) + Math.abs((c - column) * down);
    return along > 0 ? along + 2 * aside : Infinity;
  };
  return units.reduce((a, b) => far(b) < far(a) ? b : a, unit);
}
units.forEach((unit) => {
  unit.onclick = (event) => { event.preventDefault(); choose(unit); };
  unit.onkeydown = (event) => {
    if (!(event.key in steps)) return;
    event.preventDefault();
    next(unit, steps[event.key]).focus();
  };
});
document.querySelectorAll(".player audio").forEach((player) => player.onplay = () =>
  document.querySelectorAll(".player audio").forEach((o) => o !== player && o.pause()));
</script>"""


def dreamed_sound(folder: PathLike, unit: int) -> pathlib.Path:
    """The file of the sound that was dreamed for a unit."""
    return pathlib.Path(folder) / SOUNDS / f"unit-{unit}.mp3"


def write_dreams(
    folder: PathLike, dreams: Iterable[tuple[int, Array]], sample_rate: int, overwrite: bool = False
) -> None:
    """Writes the sound of each unit as it comes, so that an interrupted run can go on.

    Args:
        folder: of the atlas; made if it is missing.
        dreams: units, each with float32 `(samples,)`.
        sample_rate: Hz.
        overwrite: whether existing files may be replaced.
    """
    keep_folder(pathlib.Path(folder) / SOUNDS)
    for unit, waveform in dreams:
        with written_beside(dreamed_sound(folder, unit), overwrite) as temporary:
            at_rate = resample(waveform[np.newaxis], sample_rate, RATE)[0]
            temporary.write_bytes(to_mp3(at_rate, RATE))


def write_atlas(
    found: Any, folder: PathLike, units: Sequence[int], cells: Array, overwrite: bool = False
) -> pathlib.Path:
    """Writes `index.html` and the excerpts that it plays, beside the sounds that were dreamed.

    A unit is a link to its sound; on the page, Enter or a click plays it, and the arrow keys go to
    the neighbours. Nothing is asked of any other place.

    Args:
        found: `UnitSensitivity`.
        folder: made if it is missing.
        units: those that are shown.
        cells: int `(units, 2)`, row and column of each, see `place_units`.
        overwrite: whether an existing page may be replaced.

    Returns:
        path of the page.

    Raises:
        InputError: if a file may not be written, or a clip cannot be read.
    """
    folder = keep_folder(folder)
    page = check_output(folder / PAGE, overwrite)
    keep_folder(folder / SOUNDS)
    best = _write_excerpts(found, units, folder)
    links = [
        _link(found, unit, cell, best, folder)
        for unit, cell in zip(units, np.asarray(cells), strict=True)
    ]
    side = int(np.max(cells, initial=0)) + 1
    title = f"Atlas of {found.layer}"
    parts = [
        _STYLE,
        f"<h1>{escape(title)}</h1>",
        f"<p>{_in_words(found, units)}</p>",
        _key(found, units),
        f'<div class="scroll"><div class="plane" style="--side:{side}">',
        *links,
        "</div></div>",
        _player(_address(folder, units[0], best), best[units[0]]),
        _SCRIPT,
    ]
    html.write(page, title, parts, overwrite)
    return page


def _write_excerpts(found, units, folder):
    """Writes 2 s around each unit's highest activation: unit → address; near moments share one."""
    excerpts, best = Excerpts(found.clips), {}
    for unit in units:
        key, piece = excerpts.cut(int(found.top[unit][0]), float(found.seconds[unit][0]))
        best[unit] = f"{SOUNDS}/clip-{key}.mp3"
        if not (folder / best[unit]).exists():
            with written_beside(folder / best[unit]) as temporary:
                temporary.write_bytes(to_mp3(piece, RATE))
    return best


def _link(found, unit, cell, best, folder):
    label, clip = found.best[unit], int(found.top[unit][0])
    words = (
        f"Unit {unit}: {found.labels[label]}, AUC {found.auc[unit, label]:.2f}; highest in "
        f"{found.clips[clip].name} at {found.seconds[unit][0]:.1f} s"
    )
    row, column = (int(place) for place in cell)
    return (
        f'<a href="{_address(folder, unit, best)}" data-best="{best[unit]}" data-row="{row}" '
        f'data-column="{column}" title="{escape(words)}" aria-label="{escape(words)}" '
        f'style="--hue:{_hue(found, label)};grid-area:{row + 1}/{column + 1}">{unit}</a>'
    )


def _address(folder, unit, best):
    """The sound of a unit, relative to the page: what was dreamed, or else its best clip."""
    dreamed = dreamed_sound(folder, unit)
    return f"{SOUNDS}/{dreamed.name}" if dreamed.exists() else best[unit]


def _in_words(found, units):
    return (
        f"{len(units)} of the {found.answers.shape[1]} units of <code>{escape(found.layer)}</code> "
        f"of <code>{escape(found.model)}</code>, by their responses to {len(found.clips)} clips: "
        "units that respond alike lie near each other. A colour is the class that a unit separates "
        "best. Choose a unit to play it; arrow keys go to its neighbours."
    )


def _key(found, units):
    own = found.best[np.asarray(units, int)]
    spans = (
        f'<span style="--hue:{_hue(found, i)}">{escape(label)} {np.count_nonzero(own == i)}</span>'
        for i, label in enumerate(found.labels)
        if np.any(own == i)
    )
    return f'<div class="key">{"".join(spans)}</div>'


def _hue(found, label):
    return round(360 * int(label) / len(found.labels))


def _player(first, best):
    """Players of a chosen unit, at first of the `first`; without dreams only of its best clip."""
    sources = {"dreamed from noise": first, "best match in the clips": best}
    if first == best:
        del sources["dreamed from noise"]
    players = "".join(
        f"<div>{name}{display.player(source, name)}</div>" for name, source in sources.items()
    )
    return f'<div class="player"><p class="quiet">Choose a unit</p><div>{players}</div></div>'
