"""`sounddream distill`: a network for sounds learns from networks for pictures, on videos."""

from __future__ import annotations

import functools
from typing import Any

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    COUNT,
    POSITIVE,
    SEED,
    check_outputs,
    force_option,
    given,
    json_option,
    load_any,
    load_model,
    quietly,
    table_options,
    write_json,
)
from keras_sounddream.cli.options.model_output import PRECISIONS, folder_option
from keras_sounddream.cli.options.strategy import begin, is_done, strategy_option
from keras_sounddream.errors import InputError, visible
from keras_sounddream.files import written_beside

_TRAINING = {
    "--window-seconds": (POSITIVE, "Length of the student's input, s.  [default: 20]"),
    "--pictures-per-step": (COUNT, "Video frames per time step of the student.  [default: 1]"),
    "--epochs": (COUNT, "Passes over the videos.  [default: 20]"),
    "--batch-size": (COUNT, "Windows per step.  [default: 64]"),
    "--learning-rate": (POSITIVE, "Learning rate of Adam.  [default: 0.001]"),
    "--held-out": (float, "Share of the videos to measure on.  [default: 0.1]"),
    "--seed": (SEED, "Seed of everything random.  [default: 0]"),
    "--precision": (
        click.Choice(PRECISIONS),
        "Keras dtype policy of SoundNet8.  [default: float32]",
    ),
}


@click.command()
@click.argument("videos", metavar="FOLDER")
@click.option(
    "-o", "--output", required=True, metavar="FILE", help="The student to write, as .keras."
)
@click.option(
    "--teacher",
    "teachers",
    multiple=True,
    required=True,
    metavar="HEAD=NAME|FILE",
    help="An output of the student, and the image classifier that it learns from: a network "
    "(mobilenet …), or a .keras file; can be repeated.",
)
@click.option(
    "--weights",
    multiple=True,
    metavar="HEAD=KEY|FILE",
    help="Weights of a teacher: imagenet, to download them, or a file; can be repeated.",
)
@click.option(
    "--preprocessing",
    multiple=True,
    metavar="HEAD=NAME",
    help="Pixels that a teacher takes: tf, torch, caffe, unit or none; can be repeated.  "
    "[default: those of a named network, or tf]",
)
@click.option(
    "--student",
    "student_name",
    metavar="FILE",
    help="A .keras file with one output per teacher.  [default: SoundNet8 with such outputs]",
)
@table_options(_TRAINING)
@folder_option("distillation", "Folder of data read from the videos, and of the training state")
@json_option("Write the learning curve and the skipped videos as JSON.")
@strategy_option
@force_option("Replace files that exist.")
def command(
    videos: str,
    output: str,
    teachers: tuple[str, ...],
    weights: tuple[str, ...],
    preprocessing: tuple[str, ...],
    student_name: str | None,
    folder: str,
    **settings: Any,
) -> None:
    """Trains a network for sounds to predict image classifiers' outputs on a folder of videos.

    Prints how often the student's likeliest class is the teacher's on the videos held out, before
    and after.
    """
    names = "json_path", "force", "strategy_name"
    json_path, force, strategy_name = (settings.pop(name) for name in names)
    check_outputs(output, json_path, overwrite=force)
    if not output.endswith(".keras"):
        raise InputError(f"Expected a model to write, .keras. Received: {output}")
    heads = _by_head(teachers, "--teacher")
    files = _by_head(weights, "--weights", heads)
    modes = _by_head(preprocessing, "--preprocessing", heads)
    from keras_sounddream.datasets.videos import find_videos

    for head, name in heads.items():
        early.check_any(name, files.get(head))
    if student_name is not None:
        early.check_model(student_name, None)
    find_videos(videos)
    with quietly():
        from keras_sounddream.training import distillation
        from keras_sounddream.training.distributed import strategies
    chosen = distillation.Settings(**given(settings))
    strategy = begin(strategy_name)
    loaded = {
        head: _teacher(name, files.get(head), modes.get(head)) for head, name in heads.items()
    }
    with strategies.scope(strategy):
        student = None if student_name is None else load_model(student_name, None)[0]
    result = distillation.distill(videos, loaded, folder, student, chosen, strategy)
    if is_done(strategy):
        return
    with written_beside(output, force) as temporary:
        result.model.save(temporary)
    if json_path:
        write_json(json_path, _report(result), force)
    _print(output, result)


def _by_head(texts, option, heads=None):
    """A dict of the values of an option, each `HEAD=VALUE`."""
    values = {}
    for text in texts:
        head, equals, value = text.partition("=")
        if not (head and equals and value) or head in values:
            raise InputError(f"Expected {option} HEAD=VALUE, each head once. Received: {text}")
        if heads is not None and head not in heads:
            raise InputError(f"{option} {text}: there is no --teacher {head}=….")
        values[head] = value
    return values


def _teacher(name, weights, mode):
    from keras_sounddream.applications.pretrained import read_labels
    from keras_sounddream.deepdream.params import pixels
    from keras_sounddream.images import io
    from keras_sounddream.training.distillation.teachers import Teacher

    model, required = load_any(name, weights, include_top=True)
    takes_pixels = name.replace("_", "").lower() == "squeezenet"
    mode = mode or required.get("preprocessing") or ("none" if takes_pixels else "tf")
    if name in io.NETWORKS:
        model.labels = read_labels("imagenet.txt")
    return Teacher(model, functools.partial(pixels.preprocess, mode=mode))


def _report(result):
    return {
        "windows": result.windows,
        "chance": result.chance,
        "skipped": result.skipped,
        "curve": {str(epoch): point for epoch, point in result.curve.items()},
    }


def _print(output, result):
    for path, reason in result.skipped.items():
        click.echo(f"skipped {visible(path)}: {visible(reason)}", err=True)
    first, last = result.curve.get(0, {}), result.curve.get(max(result.curve, default=0), {})
    for head, chance in result.chance.items():
        name = f"val_{head}_agreement"
        before, after = (f"{point[name]:.1%}" if name in point else "?" for point in (first, last))
        click.echo(
            f"{output}: {head} agrees on {after} of the time steps held out, {before} before; the "
            f"commonest class has {chance:.1%}"
        )
