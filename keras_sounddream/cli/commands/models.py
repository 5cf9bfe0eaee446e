"""`sounddream models`: pretrained weights, and where they lie."""

from __future__ import annotations

import click

from keras_sounddream.applications import pretrained
from keras_sounddream.applications.generators.pretrained import PRETRAINED as GENERATORS
from keras_sounddream.cli.options.common import force_option, json_option, write_json
from keras_sounddream.filters import pretrained as filters

_OTHERS = {"DreamFilter": filters.PRETRAINED, "PictureFilter": filters.PICTURES}


@click.command()
@json_option("Write the same table as JSON.")
@force_option()
def command(json_path: str | None, force: bool) -> None:
    """Lists pretrained weights of models, filters and generators: size, licence, and their place.

    Those that are not here are fetched when they are first used, or by `sounddream fetch`.
    """
    rows = [_row(each) for each in [*pretrained.every_pretrained(), *_others()]]
    if json_path is not None:
        write_json(json_path, rows, force)
    columns = ("model", "MB", "licence", "place")
    cells = [columns, *(tuple(_cell(row, column) for column in columns) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns) - 1)]
    for model, size, licence, place in cells:
        click.echo(f"{model:{widths[0]}}  {size:>{widths[1]}}  {licence:{widths[2]}}  {place}")


def _others():
    """Weights of dream filters and generators, which are no networks of the zoo."""
    for constructor, own in _OTHERS.items():
        for key, row in own.items():
            yield pretrained.Pretrained(constructor, {"weights": key}, row)
    for key, row in GENERATORS.items():
        yield pretrained.Pretrained("load_generator", {"source": key}, row)


def _row(each):
    """A row of the table, as JSON has it; `path` is `None` for what is not there."""
    from keras_sounddream.applications.fetching import cached_path

    path = pretrained.shipped_path(each.row["file"]) if each.ships else cached_path(each.row)
    there = path.is_file()
    size = path.stat().st_size if there else each.row.get("bytes")
    return {
        "model": str(each),
        "bytes": size,
        "licence": each.row["licence"],
        "ships": each.ships,
        "path": str(path) if there else None,
        "damaged": there and not each.ships and size != each.row.get("bytes", size),
    }


def _cell(row, column):
    if column == "MB":
        return "?" if row["bytes"] is None else f"{row['bytes'] / 1e6:.1f}"
    if column == "place" and row["damaged"]:
        return f"damaged: {row['path']}"
    if column == "place":
        return "ships" if row["ships"] else row["path"] or "not here"
    return row[column]
