"""`sounddream demo`: the page with Python's models behind it, for a room."""

from __future__ import annotations

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import load_model, quietly
from keras_sounddream.deepdream.style_transfer.presets import SOUND_NETWORKS


@click.command()
@click.option(
    "--model",
    "model_names",
    multiple=True,
    metavar="NAME|FILE",
    default=("log_mel_cnn",),
    show_default="log_mel_cnn",
    help="A model of the zoo, or a .keras file; can be repeated.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 for any."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--to-others", is_flag=True, help="Allow a --host that other machines can reach.")
def command(model_names: tuple[str, ...], port: int, host: str, to_others: bool) -> None:
    """Serves a page on which visitors dream sounds on this machine, in a queue.

    Dreams on layers and classes, presets, guides, and the style of a second sound.

    Sounds of up to 20 s keep their rate and channels; they are held in memory and forgotten after
    ten minutes. Ends with Ctrl-C. The microphone needs https, or a page on this machine.
    """
    with quietly():
        from keras_sounddream.web.server import serve
    serve.check_packages()
    serve.check_host(host, to_others)
    for name in model_names:
        early.check_sound_model(name, None, "The demo")
    networks, styles = {}, {}
    for name in model_names:
        model, _ = load_model(name, None)
        with quietly():
            from keras_sounddream.web.server.networks import Network
            from keras_sounddream.web.server.styles import Style

            networks[model.name], styles[model.name] = Network(model), Style(model)
    styles |= {name: Style(name) for name in SOUND_NETWORKS}
    serve.serve(
        networks, styles, host, port, lambda address: click.echo(f"Open {address} (Ctrl-C ends).")
    )
