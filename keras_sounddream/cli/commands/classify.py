"""`sounddream classify`: the likeliest classes of sounds."""

from __future__ import annotations

import click

from keras_sounddream.cli.options.common import (
    COUNT,
    check_outputs,
    force_option,
    json_option,
    load_model,
    model_options,
    write_json,
)
from keras_sounddream.errors import visible


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="IN…")
@model_options
@click.option("--top", default=5, show_default=True, type=COUNT, help="Number of classes to name.")
@json_option("Write the scores as JSON.")
@force_option("Replace files that exist.")
def command(
    inputs: tuple[str, ...],
    model_name: str,
    weights: str | None,
    top: int,
    json_path: str | None,
    force: bool,
) -> None:
    """Names the likeliest classes of sounds."""
    check_outputs(json_path, overwrite=force)
    model, family = load_model(model_name, weights)
    from keras_sounddream.applications import classify

    results = {}
    for path in inputs:
        results[path] = classify.classify_file(model, path, top, family)
        click.echo(visible(path))
        for _, label, score in results[path]:
            click.echo(f"  {score:6.1%}  {label}")
    if json_path:
        named = {
            path: [{"label": label, "score": score} for _, label, score in best]
            for path, best in results.items()
        }
        write_json(json_path, named, force)
