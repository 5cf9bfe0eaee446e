"""HTML of pages: one style, players, spectrograms, tables, numbers in words."""

import urllib.parse
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from keras_sounddream.audio import spectrogram_image
from keras_sounddream.display import data_uri
from keras_sounddream.files import written_beside
from keras_sounddream.types import Array, PathLike

_STYLE = """
:root { color-scheme: light dark; --paper: #fbfaf8; --card: #fff; --ink: #1d1b22;
  --quiet: #5f5b66; --line: #dedae2; --before: #8a8593; --accent: #a5306f; }
@media (prefers-color-scheme: dark) { :root { --paper: #141217; --card: #1e1b22; --ink: #eeebf1;
  --quiet: #aca6b4; --line: #38333e; --before: #857f8e; --accent: #f48fb8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1rem 3rem; max-width: 74rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
h1 { margin: 0 0 .5rem; font-size: clamp(1.5rem, 4vw, 2.1rem); line-height: 1.2;
  overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 .8rem; font-size: 1.25rem; }
p { max-width: 46rem; } .quiet, figcaption small, .axes { color: var(--quiet); }
a { color: var(--accent); } code { font-size: .92em; overflow-wrap: anywhere; }
.grid { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); }
.wide { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); align-items: start; }
.card { margin: 0; padding: 1rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .6rem; min-width: 0; }
figcaption { margin-bottom: .6rem; font-weight: 600; overflow-wrap: anywhere; }
figcaption small { font-weight: 400; font-size: .85rem; }
audio { display: block; width: 100%; margin-top: .8rem; }
img { display: block; width: 100%; height: auto; border-radius: .2rem; }
.axes { display: grid; grid-template-columns: auto 3.2rem 1fr; grid-template-rows: auto 1.3rem auto;
  font-size: .75rem; line-height: 1; font-variant-numeric: tabular-nums; }
.axes img { grid-area: 1 / 3; height: 11rem; border-radius: 0; }
.axes span { position: absolute; white-space: nowrap; }
.axes .y, .axes .x { position: relative; } .axes .y { grid-area: 1 / 2; }
.axes .y span { right: .4rem; transform: translateY(50%); } .axes .x { grid-area: 2 / 3; }
.axes .x span { top: .4rem; transform: translateX(-50%); }
.axes .x span:first-child { transform: none; }
.axes b { font-weight: 400; text-align: center; } .axes .of-x { grid-area: 3 / 3; }
.axes .of-y { grid-area: 1 / 1; writing-mode: vertical-rl; transform: rotate(180deg); }
.scale { display: flex; gap: .6rem; align-items: center; margin: 0 0 1rem; font-size: .85rem; }
.scale img { width: 12rem; height: .8rem; }
a:has(.axes) { display: block; text-decoration: none; }
dl { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.5rem 0 0; }
dl div { flex: 1 1 auto; min-width: 7.5rem; max-width: 100%; padding: .7rem .9rem;
  background: var(--card); border: 1px solid var(--line);
  border-radius: .6rem; } dt { color: var(--quiet); font-size: .85rem; }
dd { margin: 0; font-size: 1.25rem; font-weight: 600; overflow-wrap: break-word; }
.scroll { overflow-x: auto; } table { width: 100%; border-collapse: collapse; }
th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--line); text-align: left;
  font-variant-numeric: tabular-nums; }
thead th { color: var(--quiet); font-weight: 400; font-size: .85rem; }
tbody th { font-weight: 600; } .bar { display: block; height: .45rem; min-width: 1px;
  margin-top: .2rem; border-radius: .2rem; background: var(--accent); }
.bar.before { background: var(--before); }
svg { display: block; width: 100%; max-width: 42rem; height: auto; }
svg text { fill: var(--quiet); font: 13px system-ui, sans-serif; }
svg .axis { stroke: var(--line); } svg .curve { stroke: var(--accent); stroke-width: 2.5;
  fill: none; stroke-linejoin: round; } svg .real { stroke: var(--ink); stroke-dasharray: 2 4; }
svg circle { fill: var(--accent); }
"""


def document(title: str, body: str) -> str:
    """A page that needs no other file, from a plain title and the HTML of its body."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def write(path: PathLike, title: str, parts: Iterable[str], overwrite: bool = False) -> None:
    """Writes a page of parts, each HTML; `InputError` if the file may not be written."""
    with written_beside(path, overwrite) as temporary:
        temporary.write_text(document(title, "\n".join(parts)), encoding="utf-8")


def address(name: str) -> str:
    """The address of a file beside the page."""
    return escape(urllib.parse.quote(name))


def spectrogram_picture(
    levels: Array, loudest: float, seconds: float, sample_rate: int, label: str
) -> str:
    """A spectrogram with axes in s and Hz, of levels `(frames, bins)` in dB up to `loudest`."""
    png = spectrogram_image.to_png(spectrogram_image.to_colours(levels, loudest))
    top = sample_rate / 2
    across = [f'<span style="left:{t / seconds:.2%}">{t:g}</span>' for t in _ticks(seconds)]
    up = [f'<span style="bottom:{hz / top:.2%}">{hz:g}</span>' for hz in _ticks(top)]
    return (
        f'<div class="axes"><b class="of-y" aria-hidden="true">frequency (Hz)</b>'
        f'<div class="y" aria-hidden="true">{"".join(up)}</div>'
        f'<img src="{data_uri(png, "image/png")}" alt="{escape(label)}">'
        f'<div class="x" aria-hidden="true">{"".join(across)}</div>'
        f'<b class="of-x" aria-hidden="true">time (s)</b></div>'
    )


def colour_scale(loudest: float) -> str:
    """The legend of `spectrogram_picture`s whose brightest colour is `loudest`, dB."""
    import numpy as np

    png = spectrogram_image.to_png(np.tile(np.arange(256, dtype="uint8"), (2, 1)))
    quietest = loudest - spectrogram_image.RANGE_DB
    return (
        f'<p class="scale"><span>{_db(quietest)}</span>'
        f'<img src="{data_uri(png, "image/png")}" '
        'alt="Colour scale from dark, quiet, to bright, loud">'
        f"<span>{_db(loudest)}</span></p>"
    )


def figure(title: str, note: str, *parts: str) -> str:
    """A card with a plain title and note over its parts, each HTML."""
    note = f" <small>{escape(note)}</small>" if note else ""
    caption = f"<figcaption>{escape(title)}{note}</figcaption>"
    return f'<figure class="card">{caption}{"".join(parts)}</figure>'


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells in HTML; the first cell of each row is its heading."""
    head = "".join(f'<th scope="col">{name}</th>' if name else "<th></th>" for name in columns)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
        for first, *cells in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def numbers(figures: Mapping[str, str]) -> str:
    """A row of named numbers, plain text."""
    tiles = (f"<div><dt>{name}</dt><dd>{escape(text)}</dd></div>" for name, text in figures.items())
    return f"<dl>{''.join(tiles)}</dl>"


def bar(share: float, kind: str = "") -> str:
    """A bar of a share of the width, coloured by `kind`: `""` or `"before"`."""
    share = min(max(share, 0.0), 1.0)
    return f'<span class="bar {kind}" aria-hidden="true" style="width:{share:.1%}"></span>'


def times(gain: float | None) -> str:
    """A gain in words; `None` where the objective of the input was 0."""
    return "–" if gain is None else f"{gain:,.1f} ×" if gain < 100 else f"{gain:,.0f} ×"


def share(value: float | None) -> str:
    """A share in per cent; `None` where there is none."""
    return "–" if value is None else f"{value:.0%}"


def _ticks(highest):
    return spectrogram_image.ticks(highest, most=7)


def _db(level):
    return f"{level:.0f} dB".replace("-", "−")
