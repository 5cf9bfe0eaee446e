"""`sounddream examples`: the example sounds of the package."""

from __future__ import annotations

import click

from keras_sounddream.cli.options.common import force_option


@click.command()
@click.argument("folder", default="examples", metavar="[FOLDER]")
@force_option()
def command(folder: str, force: bool) -> None:
    """Copies three sounds to begin with into a folder, by default examples/."""
    from keras_sounddream.workflows.examples import copy_examples

    for path in copy_examples(folder, force):
        click.echo(path)
