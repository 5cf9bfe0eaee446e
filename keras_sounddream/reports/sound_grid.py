"""A page of sounds in a table: rows of labels, columns of checkpoints, a player in each cell."""

from collections.abc import Mapping
from html import escape

from keras_sounddream import display
from keras_sounddream.reports import html
from keras_sounddream.reports.dream.page import check_page
from keras_sounddream.types import Array, PathLike


def write_matrix(
    cells: Mapping[tuple[str, str], tuple[Array, float]],
    path: PathLike,
    sample_rate: int,
    title: str = "Generated sounds",
    overwrite: bool = False,
) -> None:
    """Writes sounds as one HTML file that needs nothing but itself.

    Args:
        cells: `(row, column)`, plain text, → `(waveform, seconds)`: `(samples,)` in [-1, 1], and
            how long it took to make, s.
        path: ends in `.html`.
        sample_rate: Hz.
        title: the page's.
        overwrite: whether an existing file may be replaced.

    Raises:
        InputError: if the file may not be written, or its suffix is another.
    """
    output = check_page(path, overwrite)
    rows, columns = (list(dict.fromkeys(key[i] for key in cells)) for i in (0, 1))
    body = (
        [escape(row), *(_cell(row, column, cells, sample_rate) for column in columns)]
        for row in rows
    )
    table = html.table(["", *map(escape, columns)], body)
    style = "<style>td audio { min-width: 13rem; margin: 0; } td small { display: block; }</style>"
    parts = [
        style,
        f"<h1>{escape(title)}</h1>",
        f"<p>{len(cells)} sounds, {_length(cells, sample_rate):.1f} s each, made in "
        f"{sum(seconds for _, seconds in cells.values()):.1f} s in all. Rows are labels, columns "
        "checkpoints; under each sound is how long it took.</p>",
        f'<div class="card scroll">{table}</div>',
    ]
    html.write(output, title, parts, overwrite)


def _cell(row, column, cells, sample_rate):
    waveform, seconds = cells[row, column]
    player = display.player(display.sound_uri(waveform, sample_rate), f"{row}, {column}")
    speed = len(waveform) / sample_rate / seconds
    note = f'<small class="quiet">{seconds:.2f} s, {speed:.2f} × real time</small>'
    return player + note


def _length(cells, sample_rate):
    return max(len(waveform) for waveform, _ in cells.values()) / sample_rate
