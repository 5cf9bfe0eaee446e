"""`sounddream generate`: sounds from a WaveNet."""

from __future__ import annotations

from typing import Any

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import check_outputs, force_option, quietly
from keras_sounddream.cli.options.wavenet_model import known_conditions, load_wavenet
from keras_sounddream.errors import InputError
from keras_sounddream.generation.checks import check_growing, check_numbers
from keras_sounddream.generation.condition_labels import all_labels
from keras_sounddream.progress import TracingBar


@click.command()
@click.option(
    "--weights",
    "all_weights",
    required=True,
    multiple=True,
    metavar="KEY|FILE.keras",
    help="Key of pretrained weights, or a WaveNet as model.save writes it; repeated, one column "
    "of a page each.",
)
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    metavar="FILE.npz|FOLDER",
    help="Pages only: weights of the same network, or a folder of them; can be repeated.",
)
@click.option(
    "--condition",
    "labels",
    multiple=True,
    metavar="LABEL",
    help="Label of a global condition; NAME=LABEL where several have that label; can be repeated.",
)
@click.option(
    "--seconds", default=1.0, show_default=True, type=float, help="Length of the sound, s."
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=int,
    help="Seed of the random draws: the same seed makes the same sound.",
)
@click.option(
    "--temperature",
    default=1.0,
    show_default=True,
    type=float,
    help="Randomness of the draws: below 1 less, above 1 more, 0 always the likeliest level.",
)
@click.option("--top-k", type=int, help="Number of likeliest levels to draw from.  [default: all]")
@click.option("--prime", metavar="FILE", help="Sound to continue.  [default: silence]")
@click.option(
    "--save-every",
    type=float,
    help="Seconds of sound between updates of OUT.wav.  [default: written at the end]",
)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="OUT.wav|OUT.html",
    help="The sound to write; or a page with a sound for every label and checkpoint.",
)
@force_option()
def command(
    all_weights: tuple[str, ...],
    checkpoints: tuple[str, ...],
    labels: tuple[str, ...],
    seconds: float,
    prime: str | None,
    output: str,
    force: bool,
    **settings: Any,
) -> None:
    """Generates sound, sample by sample.

    OUT.html is a table to listen to: a row for each label (those of --condition, or all of the
    first condition), a column for each checkpoint.
    """
    check_outputs(output, overwrite=force)
    check_numbers(seconds, settings["seed"], settings["temperature"], settings["top_k"])
    if prime is not None:
        early.check_inputs(early.Known("a WaveNet", "sound"), [prime])
    if output.lower().endswith((".html", ".htm")):
        from keras_sounddream.cli.commands.generate_page import write

        write(all_weights, checkpoints, labels, seconds, prime, output, force, settings)
        return
    if len(all_weights) > 1 or checkpoints:
        raise InputError(f"Several checkpoints make a page: -o OUT.html. Received: -o {output}")
    from keras_sounddream.audio import io

    io.check_sound_output(output, force)
    if settings["save_every"] is not None:
        check_growing(output, settings["save_every"])
    known = known_conditions(all_weights[0])
    if known is not None:
        all_labels(labels, known)
    model = load_wavenet(all_weights[0])
    chosen = all_labels(labels, model.conditions)
    with quietly():
        from keras_sounddream import generate

    if prime is not None:
        settings["prime"] = io.load(prime, model.sample_rate)
    settings["conditions"] = {name: [label] for name, label in chosen.items()}
    total = round(seconds * model.sample_rate) if 0 < seconds < 1e6 else None
    shown: dict[str, Any] = {"unit": " samples", "unit_scale": True, "leave": False}
    with TracingBar("generate", total=total, **shown) as bar:
        settings["on_samples"] = bar.update
        generate(model, seconds, path=output, overwrite=force, **settings)
    click.echo(f"{output}: {seconds:g} s at {model.sample_rate} Hz, seed {settings['seed']}")
