"""A page of sounds in a table: rows of labels, columns of checkpoints, a player in each cell."""

import html

from keras_sounddream.files import written_beside
from keras_sounddream.reports import html as _html
from keras_sounddream.reports.dream.page import check_page


def write_matrix(cells, path, sample_rate, title="Generated sounds", overwrite=False):
    """Writes sounds as one HTML file that needs nothing but itself.

    Args:
        cells: dict from `(row, column)`, plain text, to `(waveform, seconds)`: float array
            `(samples,)` in [-1, 1], and how long it took to make, s.
        path: str or path, ending in `.html`.
        sample_rate: int, Hz.
        title: str.
        overwrite: bool, whether a file that exists may be replaced.

    Raises:
        InputError: if the file may not be written, or its suffix is another.
    """
    path = check_page(path, overwrite)
    rows, columns = (list(dict.fromkeys(key[i] for key in cells)) for i in (0, 1))
    head = "".join(f'<th scope="col">{html.escape(column)}</th>' for column in columns)
    body = "".join(
        f'<tr><th scope="row">{html.escape(row)}</th>'
        + "".join(_cell(row, column, cells, sample_rate) for column in columns)
        + "</tr>"
        for row in rows
    )
    table = f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>"
    style = "<style>td audio { min-width: 13rem; margin: 0; } td small { display: block; }</style>"
    parts = [
        style,
        f"<h1>{html.escape(title)}</h1>",
        f"<p>{len(cells)} sounds, {_length(cells, sample_rate):.1f} s each, made in "
        f"{sum(seconds for _, seconds in cells.values()):.1f} s in all. Rows are labels, columns "
        "checkpoints; under each sound is how long it took.</p>",
        f'<div class="card scroll">{table}</div>',
    ]
    with written_beside(path, overwrite) as temporary:
        temporary.write_text(_html.document(title, "\n".join(parts)), encoding="utf-8")


def _cell(row, column, cells, sample_rate):
    waveform, seconds = cells[row, column]
    player = _html.player(_html.wav_uri(waveform, sample_rate), f"{row}, {column}")
    speed = len(waveform) / sample_rate / seconds
    note = f'<small class="quiet">{seconds:.2f} s, {speed:.2f} × real time</small>'
    return f"<td>{player}{note}</td>"


def _length(cells, sample_rate):
    return max(len(waveform) for waveform, _ in cells.values()) / sample_rate
