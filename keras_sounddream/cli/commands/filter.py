"""`sounddream filter`: a sound, a picture or a video dreamed in one pass."""

from __future__ import annotations

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import force_option, quietly
from keras_sounddream.workflows.filter import check, kind_of


@click.command()
@click.argument("input_path", metavar="IN")
@click.option("-o", "--output", required=True, metavar="OUT", help="File to write.")
@click.option(
    "--weights",
    metavar="KEY|FILE",
    help="Key of a filter that ships, or a file of `sounddream train filter`.  "
    "[default: block3_conv2, for pictures fire8]",
)
@force_option()
def command(input_path: str, output: str, weights: str | None, force: bool) -> None:
    """Dreams IN, a sound, a picture or a video, in one pass of a filter that learnt a dream.

    The sound of a video stays as it is. `sounddream live` filters a microphone's sound.
    """
    check(input_path, output, weights, force)
    kind = kind_of(input_path)
    if kind != "video":
        early.check_inputs(early.Known("a filter", kind), [input_path], "filter")
    with quietly(with_own=True):
        from keras_sounddream.workflows import filter_file

        filter_file(input_path, output, weights, overwrite=force)
