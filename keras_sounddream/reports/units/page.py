"""HTML page of the units of a layer: the classes that each separates, and its top clips."""

import json
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from keras_sounddream import display
from keras_sounddream.reports import html
from keras_sounddream.reports.dream.page import check_page
from keras_sounddream.reports.units.excerpts import Excerpts
from keras_sounddream.types import PathLike

LIMIT = 60  # units that are shown
_NAMED = 3  # classes of a unit

_STYLE = """<style>
.units button { display: inline-flex; flex-direction: column; gap: .2rem; width: 31%; min-width: 0;
  margin: .5rem 1% 0 0; padding: .3rem; border: 1px solid var(--line); border-radius: .4rem;
  background: none; color: inherit; font: inherit; font-size: .78rem; line-height: 1.25;
  text-align: left; overflow-wrap: anywhere; vertical-align: top; cursor: pointer; }
.units button.other { border-style: dashed; }
.units button[aria-pressed=true] { border-color: var(--accent); outline: 2px solid var(--accent); }
.units i { display: block; width: 100%; height: 3rem; background-size: 100% 100%;
  border-radius: .2rem; }
.units .class { display: grid; grid-template-columns: 1fr auto; gap: 0 .6rem; font-size: .85rem; }
.units .class .bar { grid-column: 1 / 3; }
.player { position: sticky; bottom: 0; margin: 2rem -1rem 0; padding: .6rem 1rem 1rem;
  background: var(--card); border-top: 1px solid var(--line); }
.player audio { margin-top: .3rem; } .player p { margin: 0; max-width: none; }
select { font: inherit; padding: .2rem .4rem; }
</style>"""
_SCRIPT = """<script>
const sounds = %s;
const player = document.querySelector(".player audio");
const caption = document.querySelector(".player p");
document.querySelectorAll(".units button").forEach((button) => button.onclick = () => {
  document.querySelectorAll("[aria-pressed=true]").forEach((b) => b.ariaPressed = "false");
  button.ariaPressed = "true";
  player.src = sounds[button.dataset.sound];
  caption.textContent = player.title = button.title;
  player.play().catch(() => {});
});
document.querySelector("select").onchange = (event) =>
  document.querySelectorAll(".units > div").forEach((unit) =>
    unit.hidden = event.target.value !== "" && unit.dataset.label !== event.target.value);
</script>"""


def write_units(
    found: Any, path: PathLike, overwrite: bool = False, units: Sequence[int] | None = None
) -> None:
    """Writes one HTML file that needs nothing but itself: units, classes, top clips.

    A button plays 2 s around the moment of a unit's highest activation. Sounds are MP3 at 24 kHz;
    units whose moments are near share them, and when 8 MB are full, the remaining ones are silent.

    Args:
        found: `UnitSensitivity`.
        path: ends in `.html`.
        overwrite: whether an existing file may be replaced.
        units: those that are shown, in this order; by default the 60 that separate their class
            best.

    Raises:
        InputError: if the file may not be written, or a clip cannot be read.
    """
    output = check_page(path, overwrite)
    units = found.order(limit=LIMIT) if units is None else units
    excerpts = Excerpts(found.clips)
    cards = [_card(found, unit, excerpts) for unit in units]
    title = f"Units of {found.layer}"
    parts = [
        _STYLE,
        f"<h1>{escape(title)}</h1>",
        f"<p>{_in_words(found)}</p>",
        _numbers(found),
        f"<h2>Classes</h2>{_classes(found)}",
        f"<h2>Units</h2>{_filter(found, units)}",
        f'<div class="grid units">{"".join(cards)}</div>',
        _small_print(),
        _player(excerpts),
    ]
    html.write(output, title, parts, overwrite)


def _card(found, unit, excerpts):
    order = np.argsort(-found.auc[unit], kind="stable")[:_NAMED]
    classes = "".join(
        f'<div class="class"><span>{escape(found.labels[i])}</span>'
        f"<span>AUC {found.auc[unit, i]:.3f}, d′ {_decimal(found.d_prime[unit, i])}</span>"
        f"{html.bar(2 * found.auc[unit, i] - 1)}</div>"
        for i in order
    )
    buttons = "".join(
        _button(found, unit, clip, seconds, excerpts)
        for clip, seconds in zip(found.top[unit], found.seconds[unit], strict=True)
    )
    label = escape(found.labels[order[0]])
    figure = html.figure(f"unit {unit}", found.labels[order[0]], classes, buttons)
    return f'<div id="unit-{unit}" data-label="{label}">{figure}</div>'


def _button(found, unit, clip, seconds, excerpts):
    label, name = found.labels[found.truth[clip]], found.clips[clip].name
    what = escape(f"Unit {unit}: {label}, {name} at {seconds:.1f} s")
    shown = f"<span>{escape(label)}<br>{escape(name)}, {seconds:.1f} s</span>"
    kind = "own" if found.truth[clip] == found.best[unit] else "other"
    key = excerpts.add(clip, seconds)
    if key is None:
        return f'<button class="{kind}" title="{what}" disabled>{shown}</button>'
    return (
        f'<button class="{kind}" title="{what}" data-sound="{key}" aria-pressed="false">'
        f'<i class="s{key}"></i>{shown}</button>'
    )


def _in_words(found):
    area = found.auc.max(axis=1)
    unit = int(found.order(limit=1)[0])
    label = escape(found.labels[found.best[unit]])
    return (
        f"{len(found.clips)} clips of {len(found.labels)} classes went through "
        f"<code>{escape(found.model)}</code>. Of the {len(area)} units of its layer "
        f"<code>{escape(found.layer)}</code>, {np.count_nonzero(area >= 0.9)} separate a class "
        f"from all others with an AUC of 0.9 or more; unit {unit} separates <b>{label}</b> best, "
        f"with {area[unit]:.3f}."
    )


def _numbers(found):
    area = found.auc.max(axis=1)
    rows = {
        "units": f"{len(area)}",
        "best AUC, median": f"{np.median(area):.3f}",
        "with shuffled labels, the highest": f"{found.shuffled:.3f}",
        "units that never respond": f"{np.count_nonzero(np.ptp(found.answers, axis=0) == 0)}",
    }
    return html.numbers(rows)


def _classes(found):
    """A table with a row per class: how many units are its own, and the best."""
    rows = []
    for i, label in enumerate(found.labels):
        unit = int(found.auc[:, i].argmax())
        area = found.auc[unit, i]
        cells = (
            escape(label),
            f"{np.count_nonzero(found.best == i)}",
            f"{np.count_nonzero(found.auc[:, i] >= 0.9)}",
            f"{unit}",
            f"{area:.3f}{html.bar(2 * area - 1)}",
            _decimal(found.d_prime[unit, i]),
        )
        rows.append(cells)
    columns = (
        *("class", "units that separate it best", "with AUC ≥ 0.9"),
        *("best unit", "its AUC", "its d′"),
    )
    return f'<div class="scroll">{html.table(columns, rows)}</div>'


def _filter(found, units):
    options = "".join(
        f"<option>{escape(label)}</option>"
        for i, label in enumerate(found.labels)
        if np.any(found.best[units] == i)
    )
    return (
        f"<p>{len(units)} of {len(found.best)}, those first that separate their class best. A "
        "button plays the moment of the unit's highest activation in a clip; a dashed one is of "
        'another class. <label>Show units of <select><option value="">all classes</option>'
        f"{options}</select></label></p>"
    )


def _small_print():
    return (
        '<p class="quiet"><small><b>AUC</b>: the share of pairs of a clip of the class and one of '
        "another in which the unit responds more to the first; 0.5 is chance, and the bar's left "
        "end. <b>d′</b>: how far apart the means are, in standard deviations. Brighter is louder; "
        "each picture has its own scale.</small></p>"
    )


def _player(excerpts):
    if not excerpts.sounds:
        return ""
    rules = "".join(
        f".s{key}{{background-image:url({uri})}}" for key, uri in excerpts.pictures.items()
    )
    first = next(iter(excerpts.sounds.values()))
    player = display.player(first, "Excerpt")
    return (
        f'<div class="player"><p class="quiet">Choose a clip</p>{player}</div>'
        f"<style>{rules}</style>{_SCRIPT % json.dumps(excerpts.sounds)}"
    )


def _decimal(number):
    return "∞" if np.isinf(number) else f"{number:.2f}".replace("-", "−")
