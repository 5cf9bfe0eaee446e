"""`sounddream generate`: sound that a WaveNet makes."""

import click

from keras_sounddream.cli.options.common import check_outputs, quietly
from keras_sounddream.cli.options.wavenet_model import load_wavenet
from keras_sounddream.errors import InputError
from keras_sounddream.generation.condition_labels import name_labels


@click.command()
@click.option(
    "--weights",
    "all_weights",
    required=True,
    multiple=True,
    metavar="KEY|FILE.keras",
    help="Pretrained weights, or a WaveNet as model.save writes it. Repeat for a page.",
)
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    metavar="FILE.npz|FOLDER",
    help="For a page: weights of the same network, or a folder of them. Repeat for each.",
)
@click.option(
    "--condition",
    "labels",
    multiple=True,
    metavar="LABEL",
    help="Of a global condition; NAME=LABEL where several have that label. Repeat for each.",
)
@click.option("--seconds", default=1.0, show_default=True, type=float, help="Of sound to make.")
@click.option("--seed", default=0, show_default=True, type=int, help="Same seed, same sound.")
@click.option(
    "--temperature",
    default=1.0,
    show_default=True,
    type=float,
    help="Below 1 surer, above 1 wilder, 0 always the likeliest.",
)
@click.option("--top-k", type=int, help="Draw from so many levels alone.  [default: all]")
@click.option("--prime", metavar="FILE", help="Sound to go on from.  [default: silence]")
@click.option("--save-every", type=float, help="Seconds of sound after which OUT.wav has it.")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="OUT.wav|OUT.html",
    help="The sound to write; or a page, of every label by every checkpoint.",
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
def command(all_weights, checkpoints, labels, seconds, prime, output, force, **settings):
    """Makes sound, sample by sample.

    OUT.html is a table to listen to: a row for each label (those of --condition, or all of the
    first condition), a column for each checkpoint.
    """
    check_outputs(output, overwrite=force)
    if output.lower().endswith((".html", ".htm")):
        from keras_sounddream.cli.commands.generate_page import write

        write(all_weights, checkpoints, labels, seconds, prime, output, force, settings)
        return
    if len(all_weights) > 1 or checkpoints:
        raise InputError(f"Several checkpoints make a page: -o OUT.html. Received: -o {output}")
    model = load_wavenet(all_weights[0])
    with quietly():
        from tqdm import tqdm

        from keras_sounddream import generate
        from keras_sounddream.audio import io

    if prime is not None:
        settings["prime"] = io.load(prime, model.sample_rate)
    labels = name_labels(labels, model.conditions)
    settings["conditions"] = {name: [label] for name, label in labels.items()}
    total = round(seconds * model.sample_rate) if 0 < seconds < 1e6 else None
    with tqdm(total=total, desc="compile", unit=" samples", unit_scale=True, leave=False) as bar:

        def show(count):
            bar.set_description("generate", refresh=False)
            bar.update(count)

        generate(model, seconds, path=output, overwrite=force, on_samples=show, **settings)
    click.echo(f"{output}: {seconds:g} s at {model.sample_rate} Hz, seed {settings['seed']}")
