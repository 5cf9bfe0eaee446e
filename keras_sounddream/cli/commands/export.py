"""`sounddream export`: a model, or a dream, for another runtime."""

from __future__ import annotations

from typing import Any

import click

from keras_sounddream.cli.commands.export_models import (
    check_takes,
    known_model,
    load_exported,
    option_of,
)
from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    COUNT,
    POSITIVE,
    force_option,
    given,
    quietly,
)
from keras_sounddream.cli.options.dream import (
    class_option,
    dream_options,
    guidance_option,
    guide_option,
    layer_option,
)
from keras_sounddream.cli.options.export_report import print_report
from keras_sounddream.cli.options.generator_model import is_generator
from keras_sounddream.errors import InputError
from keras_sounddream.export.formats import OPTIONS, check_options, check_task, find_format


@click.command()
@click.argument("model_name", metavar="MODEL", default="log_mel_cnn")
@click.option("-o", "--output", required=True, metavar="OUT", help="The file or folder to write.")
@click.option("--weights", metavar="KEY|FILE", help="Key of pretrained weights, or their file.")
@click.option(
    "--format",
    "format_name",
    metavar="NAME",
    help="saved_model, litert or onnx.  [default: by OUT's suffix, else saved_model]",
)
@click.option(
    "--task",
    "tasks",
    multiple=True,
    metavar="NAME",
    help="Function of the file: classify, embed, dream or dream_step; for a WaveNet or a generator "
    "generate, for an autoencoder encode or decode; can be repeated.  [default: all that the model "
    "has]",
)
@layer_option("Layer, or channel of a layer, to dream on; can be repeated.")
@class_option
@guide_option
@guidance_option
@click.option(
    "--embedding",
    metavar="NAME",
    help="Layer whose output embed returns.  [default: the one before the top]",
)
@click.option(
    "--seconds",
    type=POSITIVE,
    multiple=True,
    help="Length of sound, for formats with a fixed one; repeated, one file each: OUT_2s, OUT_5s.",
)
@click.option(
    "--size",
    metavar="ROWSxCOLUMNS",
    help="Size of picture, for formats with a fixed one, such as 240x320.",
)
@click.option("--quantization", metavar="NAME", help="LiteRT only: float16, dynamic_range or int8.")
@click.option(
    "--representative",
    multiple=True,
    metavar="FILE",
    help="Sound or picture like the inputs of an int8 file; to be repeated.",
)
@click.option(
    "--sound",
    "sounds",
    multiple=True,
    metavar="FILE",
    help="Sound, or picture, to compare file and model on; can be repeated.  "
    "[default: synthetic ones]",
)
@click.option(
    "--count",
    type=COUNT,
    help="WaveNets in LiteRT and ONNX only: samples per call.  [default: 4000]",
)
@click.option(
    "--max-seconds",
    type=POSITIVE,
    help="SavedModel only: longest sound that is answered, s.  [default: 600, for a WaveNet 10]",
)
@click.option("--serving", is_flag=True, help="Add a version to a folder of TensorFlow Serving.")
@dream_options
@click.option(
    "--no-verify", is_flag=True, help="Write the file without comparing, or although it differs."
)
@force_option("Replace files that exist.")
def command(
    output: str,
    model_name: str,
    weights: str | None,
    format_name: str | None,
    tasks: tuple[str, ...],
    sounds: tuple[str, ...],
    serving: bool,
    no_verify: bool,
    force: bool,
    **rest: Any,
) -> None:
    """Exports MODEL, a name of the zoo or a .keras file, and compares the file.

    MODEL may also be a network for pictures, see `sounddream dream`, a generator, see
    `sounddream sample`, or dream_filter or picture_filter, see `sounddream filter`.

    With --layer or --class, or a task that dreams, the file also dreams.
    """
    _check_serving(serving, format_name, force)
    if _generates_sound(model_name, tasks, rest["count"]):
        rest = {"sound": sounds} | rest
        how = {"verify": not no_verify} | ({} if serving else {"overwrite": force})
        _export_generator(output, model_name, weights, tasks, format_name, serving, how, rest)
        return
    settings = given(rest)
    options = _export_options(settings, tasks, sounds, no_verify)
    known = known_model(model_name, weights)
    check_takes(model_name, [*given(options), *settings])
    early.check_dream(known, settings)
    early.check_inputs(known, settings.get("guides", ()), "dream on")
    early.check_inputs(known, (*sounds, *options.get("representative", ())))
    _check_format(output, "saved_model" if serving else format_name, tasks, options)
    model, required = load_exported(model_name, weights)
    with quietly():
        from keras_sounddream.export import export_model, export_serving
    options["min_seconds"] = (getattr(model, "lengths", None) or {}).get("min_seconds")
    settings = required | settings
    if _dreams(tasks, settings):
        model = _dream(model, settings)
    elif "preprocessing" in settings:
        options["preprocessing"] = settings["preprocessing"]
    if serving:
        reports = export_serving(model, output, **options)
    else:
        reports = export_model(model, output, format_name, overwrite=force, **options)
    for report in reports if isinstance(reports, list) else [reports]:
        print_report(report)


def _check_format(output, format_name, tasks, options):
    """Checks the names of tasks, and that the format takes the options."""
    for task in tasks:
        check_task(task)
    format_name = find_format(output, format_name, "saved_model")
    named = {name for accepted in OPTIONS.values() for name in accepted}
    check_options(format_name, OPTIONS[format_name], [name for name in options if name in named])


def _check_serving(serving, format_name, force):
    if serving and format_name not in (None, "saved_model"):
        raise InputError(f"--serving goes with --format saved_model. Received: {format_name}")
    if serving and force:
        raise InputError("--serving adds a version and replaces none: leave --force out.")


def _export_options(settings, tasks, sounds, no_verify):
    """Arguments of `export_model`, which are taken out of the settings of a dream."""
    options: dict[str, Any] = {
        "layer": settings.pop("embedding", None),
        "tasks": tasks or None,
        "sounds": sounds or None,
        "verify": not no_verify,
    }
    if "seconds" in settings:
        seconds = settings.pop("seconds")
        options["seconds"] = seconds if len(seconds) > 1 else seconds[0]
    if "size" in settings:
        options["size"] = _read_size(settings.pop("size"))
    own = [name for name in ("quantization", "representative", "max_seconds") if name in settings]
    return options | {name: settings.pop(name) for name in own}


def _generates_sound(model_name, tasks, count):
    """Whether the file is that of a WaveNet that generates."""
    is_asked = "generate" in tasks or count is not None
    if not is_asked or not is_generator(model_name):
        return is_asked
    if count is not None:
        raise InputError(f"--count is for WaveNets, and {model_name} is none. Leave it out.")
    return False


def _export_generator(output, model_name, weights, tasks, format_name, serving, settings, rest):
    """Exports a WaveNet that generates."""
    own = {name: rest.pop(name) for name in ("count", "max_seconds")}
    received = [*(f"--task {task}" for task in tasks), *map(option_of, given(rest))]
    if "generate" not in tasks:
        raise InputError(f"--count is for WaveNets with --task generate. Received: {model_name}")
    if received != ["--task generate"]:
        raise InputError(
            "--task generate goes alone, with --weights, --format, --count, --max-seconds, "
            f"--serving, --no-verify and --force. Received: {', '.join(received)}."
        )
    format_name = find_format(output, format_name, "saved_model")
    useless = "count" if format_name == "saved_model" else "max_seconds"
    if own.pop(useless) is not None:
        raise InputError(f"The format {format_name} takes no {option_of(useless)}. Leave it out.")
    model = _load_generator(model_name, weights)
    settings |= given(own)
    with quietly():
        from keras_sounddream.export import export_generator, export_model, export_serving
    if serving:
        report = export_serving(model, output, tasks=["generate"], **settings)
    elif format_name == "saved_model":
        report = export_model(model, output, format_name, tasks=["generate"], **settings)
    else:
        report = export_generator(model, output, format_name, **settings)
        report |= {"tasks": {"generate": report if settings["verify"] else {}}}
    print_report(report)


def _load_generator(model_name, weights):
    """The WaveNet of `wavenet --weights KEY`, of a key alone, or of a .keras file."""
    from keras_sounddream.cli.options.wavenet_model import load_wavenet

    if model_name == "wavenet" and weights is not None:
        return load_wavenet(weights)
    if weights is not None:
        raise InputError(
            "--weights goes with MODEL wavenet; a .keras file holds its own. Received: "
            f"{model_name} --weights {weights}"
        )
    return load_wavenet(model_name)


def _read_size(text):
    rows, _, columns = text.lower().partition("x")
    if not (rows.isdecimal() and columns.isdecimal()):
        raise InputError(f"Expected --size of rows and columns, such as 240x320. Received: {text}")
    return int(rows), int(columns)


def _dreams(tasks, settings):
    """Whether a dream is to be exported: `preprocessing` alone does not ask for one."""
    return bool(set(settings) - {"preprocessing"} or {"dream", "dream_step"} & set(tasks))


def _dream(model, settings):
    """The dream that is exported."""
    objective = {
        name: settings.pop(name)
        for name in ("layers", "guides", "label", "guidance")
        if name in settings
    }
    with quietly():
        from keras_sounddream.workflows.making import make_dream
    dream = make_dream(model, **objective, **settings)
    if len(dream.guides):
        raise InputError(
            "An exported dream cannot begin with guides of a class: leave them out, or name a "
            "--layer that they guide."
        )
    return dream
