"""`sounddream live`: an exported dream filter between microphone and loudspeaker."""

from __future__ import annotations

from typing import Any

import click

from keras_sounddream.cli.options.common import COUNT
from keras_sounddream.cli.terminal import OutputClosedError


@click.command()
@click.argument("filter_file", metavar="FILTER.tflite")
@click.argument("source", required=False, type=click.Choice(["-"]), metavar="[-]")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["-"]),
    metavar="-",
    help="- for raw 16-bit samples on standard output.  [default: the loudspeaker]",
)
@click.option("--threads", type=COUNT, default=1, show_default=True, help="Threads of a call.")
@click.option("--device", metavar="NAME", help="Microphone, as `arecord -L` names it.")
@click.option("--speaker", metavar="NAME", help="Loudspeaker, as `aplay -L` names it.")
def command(filter_file: str, **options: Any) -> None:
    """Dreams on the sound of a microphone while it is played.

    With - the sound is raw 16-bit mono samples on standard input, at the filter's rate. The same as
    `sounddream-lite live`, which needs no TensorFlow.
    """
    from keras_sounddream.lite import live

    try:
        live(filter_file, **options)
    except BrokenPipeError:
        raise OutputClosedError from None
