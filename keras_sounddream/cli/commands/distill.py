"""`sounddream distill`: teaches a network of sound what networks of pictures see in videos."""

import functools

import click

from keras_sounddream.cli.options.common import (
    FiniteRange,
    check_outputs,
    load_any,
    load_model,
    quietly,
    write_json,
)
from keras_sounddream.cli.options.strategy import begin, is_done, strategy_option
from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside


@click.command()
@click.argument("videos", metavar="FOLDER")
@click.option("-o", "--output", required=True, metavar="FILE", help="The student, as .keras.")
@click.option(
    "--teacher",
    "teachers",
    multiple=True,
    required=True,
    metavar="HEAD=NAME|FILE",
    help="A head of the student, and the classifier of pictures that it learns from: a network "
    "(mobilenet …), or a .keras file; can be repeated.",
)
@click.option(
    "--weights",
    multiple=True,
    metavar="HEAD=KEY|FILE",
    help="Of a teacher: imagenet, to download them, or a file; can be repeated.",
)
@click.option(
    "--preprocessing",
    multiple=True,
    metavar="HEAD=NAME",
    help="What a teacher takes: tf, torch, caffe, unit or none; can be repeated.  "
    "[default: what a named network takes, or tf]",
)
@click.option(
    "--student",
    "student_name",
    metavar="FILE",
    help="A .keras file, with an output a teacher.  [default: SoundNet8 with such heads]",
)
@click.option(
    "--window-seconds", type=FiniteRange(0, min_open=True), help="Heard at once. [default: 20]"
)
@click.option("--pictures-per-step", type=click.IntRange(1), help="Looked at.  [default: 1]")
@click.option("--epochs", type=click.IntRange(1), help="Passes over the videos.  [default: 20]")
@click.option("--batch-size", type=click.IntRange(1), help="Windows.  [default: 64]")
@click.option("--learning-rate", type=FiniteRange(0, min_open=True), help="[default: 0.001]")
@click.option("--held-out", type=float, help="Share of the videos to measure on.  [default: 0.1]")
@click.option("--seed", type=click.IntRange(0), help="[default: 0]")
@click.option(
    "--precision",
    type=click.Choice(["float32", "mixed_bfloat16", "mixed_float16"]),
    help="Of SoundNet8.  [default: float32]",
)
@click.option(
    "--folder",
    default="distillation",
    show_default=True,
    metavar="FOLDER",
    help="What is kept of the videos, and training state; an interrupted run goes on from here.",
)
@click.option("--json", "json_path", metavar="FILE", help="Write the curve, and what was skipped.")
@strategy_option
@click.option("--force", is_flag=True, help="Replace files that exist.")
def command(videos, output, teachers, weights, preprocessing, student_name, folder, **settings):
    """Teaches a student of sound what teachers of pictures see in a folder of videos.

    Prints how often the student's first class is the teacher's on the videos held out, before and
    after.
    """
    json_path, force, kind = (settings.pop(x) for x in ("json_path", "force", "strategy_name"))
    check_outputs(output, json_path, overwrite=force)
    if not output.endswith(".keras"):
        raise InputError(f"Expected a model to write, .keras. Received: {output}")
    heads = _by_head(teachers, "--teacher")
    weights = _by_head(weights, "--weights", heads)
    modes = _by_head(preprocessing, "--preprocessing", heads)
    with quietly():
        from keras_sounddream.training import distillation
        from keras_sounddream.training.distributed import strategies
    chosen = {name: value for name, value in settings.items() if value is not None}
    chosen = distillation.Settings(**chosen)
    strategy = begin(kind)
    loaded = {h: _teacher(n, weights.get(h), modes.get(h)) for h, n in heads.items()}
    with strategies.scope(strategy):
        student = None if student_name is None else load_model(student_name, None)[0]
    found = distillation.distill(videos, loaded, folder, student, chosen, strategy)
    if is_done(strategy):
        return
    with written_beside(output, force) as temporary:
        found.model.save(temporary)
    if json_path:
        write_json(json_path, _report(found), force)
    _say(output, found)


def _by_head(given, option, heads=None):
    """A dict of what an option gives, `HEAD=VALUE`."""
    found = {}
    for text in given:
        head, equals, value = text.partition("=")
        if not (head and equals and value) or head in found:
            raise InputError(f"Expected {option} HEAD=VALUE, each head once. Received: {text}")
        if heads is not None and head not in heads:
            raise InputError(f"{option} {text}: there is no --teacher {head}=….")
        found[head] = value
    return found


def _teacher(name, weights, mode):
    from keras_sounddream.applications.base import read_labels
    from keras_sounddream.deepdream.params import pixels
    from keras_sounddream.images import io
    from keras_sounddream.training.distillation.teachers import Teacher

    model, asked = load_any(name, weights, include_top=True)
    takes_pixels = name.replace("_", "").lower() == "squeezenet"
    mode = mode or asked.get("preprocessing") or ("none" if takes_pixels else "tf")
    if name in io.NETWORKS:
        model.labels = read_labels("imagenet.txt")
    return Teacher(model, functools.partial(pixels.preprocess, mode=mode))


def _report(found):
    return {
        "windows": found.windows,
        "chance": found.chance,
        "skipped": found.skipped,
        "curve": {str(epoch): point for epoch, point in found.curve.items()},
    }


def _say(output, found):
    for path, reason in found.skipped.items():
        click.echo(f"skipped {path}: {reason}", err=True)
    first, last = found.curve[0], found.curve[max(found.curve)]
    for head, chance in found.chance.items():
        name = f"val_{head}_agreement"
        click.echo(
            f"{output}: {head} agrees on {last[name]:.1%} of the time steps held out, "
            f"{first[name]:.1%} before; the commonest class has {chance:.1%}"
        )
