"""Options of what is drawn of a dream: a plot, a page, an animation; and checks of its files."""

from __future__ import annotations

from collections.abc import Mapping

import click

from keras_sounddream.cli.options.common import Command, check_outputs, decorated
from keras_sounddream.errors import InputError


def page_options(command: Command) -> Command:
    """Adds `--plot`, `--report` and `--animation`."""
    return decorated(
        command,
        click.option("--plot", metavar="PNG", help="Draw spectrograms and the ascent."),
        click.option("--report", metavar="HTML", help="Write a page to listen to and look at."),
        click.option("--animation", metavar="GIF|MP4", help="Write an animation of the ascent."),
    )


def check_files(
    inputs: tuple[str, ...],
    weights: str | None,
    output: str,
    pages: Mapping[str, str | None],
    json_path: str | None,
    force: bool,
) -> None:
    """Checks all that names of files reveal, before a model is loaded.

    Raises:
        InputError: if a file cannot be read or written, or is to be both.
    """
    check_outputs(output, *pages.values(), json_path, overwrite=force)
    for path in (*pages.values(), json_path):
        if path in {*inputs, weights} - {None}:
            raise InputError(f"{path} is read: give another name to write to.")
    from keras_sounddream.reports import dream as dream_reports
    from keras_sounddream.workflows.media import check_names

    check_names(inputs, output, force)
    checks = {"plot": "check_picture", "report": "check_page", "animation": "check_animation"}
    for name, path in pages.items():
        if path is not None:
            getattr(dream_reports, checks[name])(path, force)
