"""`sounddream export`: a model, or a dream, for another runtime."""

import click

from keras_sounddream.cli.options.common import dream_options, load_any, quietly
from keras_sounddream.errors import InputError


@click.command()
@click.argument("model_name", metavar="MODEL", default="log_mel_cnn")
@click.option("-o", "--output", required=True, metavar="OUT", help="The file or folder to write.")
@click.option("--weights", metavar="KEY|FILE", help="Key of pretrained weights, or their file.")
@click.option(
    "--format",
    "format_name",
    metavar="NAME",
    help="saved_model, litert or onnx.  [default: by OUT's ending, else saved_model]",
)
@click.option(
    "--task",
    "tasks",
    multiple=True,
    metavar="NAME",
    help="classify, embed, dream or dream_step; can be repeated.  [default: all that there are]  "
    "Of a WaveNet: generate.",
)
@click.option(
    "--layer",
    "layers",
    multiple=True,
    metavar="NAME[:CHANNEL]",
    help="Layer to dream on; can be repeated.",
)
@click.option("--class", "label", metavar="LABEL", help="Class to dream of.")
@click.option("--embedding", metavar="NAME", help="Layer that embed reads.  [default: before top]")
@click.option(
    "--seconds",
    type=float,
    multiple=True,
    help="Length of sound, in formats that need one; repeated, a file each: OUT_2s, OUT_5s.",
)
@click.option(
    "--size", metavar="ROWSxCOLUMNS", help="Size of picture, in formats that need one: 240x320."
)
@click.option("--quantization", metavar="NAME", help="float16, dynamic_range or int8, of litert.")
@click.option(
    "--representative",
    multiple=True,
    metavar="FILE",
    help="Sound or picture like those that an int8 file will get; to be repeated.",
)
@click.option(
    "--sound",
    "sounds",
    multiple=True,
    metavar="FILE",
    help="Sound, or picture, to compare on; can be repeated.  [default: made ones]",
)
@click.option(
    "--count", type=click.IntRange(1), help="Of generate: samples a call.  [default: 4000]"
)
@click.option("--serving", is_flag=True, help="Add a version to a folder of TensorFlow Serving.")
@dream_options
@click.option("--no-verify", is_flag=True, help="Write what is not compared, or differs.")
@click.option("--force", is_flag=True, help="Replace what exists.")
def command(
    output, model_name, weights, format_name, tasks, sounds, serving, no_verify, force, **rest
):
    """Exports MODEL, a name of the zoo or a .keras file, and compares the file with it.

    MODEL may be a network of pictures too, as of `sounddream dream`.

    With --layer or --class, or a task that dreams, the file also dreams.
    """
    if "generate" in tasks or rest["count"] is not None:
        others = {"weights": weights, "sound": sounds, "serving": serving or None}
        _export_generator(output, model_name, tasks, format_name, no_verify, force, others | rest)
        return
    if serving and format_name not in (None, "saved_model"):
        raise InputError(f"--serving goes with --format saved_model. Received: {format_name}")
    if serving and force:
        raise InputError("--serving adds a version and replaces none: leave --force out.")
    rest = {name: value for name, value in rest.items() if value not in (None, ())}
    options = {
        "layer": rest.pop("embedding", None),
        "tasks": tasks or None,
        "sounds": sounds or None,
        "verify": not no_verify,
    }
    seconds = rest.pop("seconds", ())
    options |= {"seconds": seconds if len(seconds) > 1 else seconds[0]} if seconds else {}
    options |= {"size": _read_size(rest.pop("size"))} if "size" in rest else {}
    own = ("quantization", "representative")
    options |= {name: rest.pop(name) for name in own if name in rest}
    model, settings = load_any(model_name, weights)
    with quietly():
        from keras_sounddream.export import export_model, export_serving
    options["min_seconds"] = _min_seconds(model_name)
    settings |= rest
    if _dreams(tasks, settings):
        model = _dream(model, settings)
    elif "preprocessing" in settings:
        options["preprocessing"] = settings["preprocessing"]
    if serving:
        reports = export_serving(model, output, **options)
    else:
        reports = export_model(model, output, format_name, overwrite=force, **options)
    for report in reports if isinstance(reports, list) else [reports]:
        _tell(report)


def _export_generator(output, model_name, tasks, format_name, no_verify, force, rest):
    """Exports a WaveNet that generates."""
    count = rest.pop("count")
    others = [_option(name) for name, value in rest.items() if value not in (None, ())]
    given = [*(f"--task {task}" for task in tasks), *others]
    if given != ["--task generate"]:
        raise InputError(
            "--task generate goes alone, with --format, --count, --no-verify and --force. "
            f"Received: {', '.join(given) or 'no task'}."
        )
    from keras_sounddream.cli.options.wavenet_model import load_wavenet

    model = load_wavenet(model_name)
    with quietly():
        from keras_sounddream.export import export_generator
    settings = {"verify": not no_verify, "overwrite": force}
    settings |= {} if count is None else {"count": count}
    report = export_generator(model, output, format_name, **settings)
    click.echo(f"{output}: {report['bytes'] / 1e6:.1f} MB")
    if not no_verify:
        click.echo(
            f"  generate     {report['equal']:.1%} of {report['samples']} draws are the model's; "
            f"{report['samples_per_second']:,.0f} samples/s"
        )


def _option(name):
    """What an option is called that is kept by a name."""
    names = {"layers": "layer", "label": "class"}
    return f"--{names.get(name, name).replace('_', '-')}"


def _tell(report):
    """Prints one line for a file, and one for each of its tasks."""
    click.echo(f"{report['path']}: {report['bytes'] / 1e6:.1f} MB")
    for name, task in report["tasks"].items():
        if not task:
            click.echo(f"  {name:12} not compared")
            continue
        what = (
            f"{task['sound_seconds']:.1f} s of sound"
            if "sound_seconds" in task
            else "{} x {} pixels".format(*task["picture_size"])
        )
        click.echo(
            f"  {name:12} differs by {task['largest_relative']:.1e} of its peak; "
            f"{task['seconds_per_call']:.3f} s for {what}"
        )


def _read_size(text):
    rows, _, columns = text.lower().partition("x")
    if not (rows.isdecimal() and columns.isdecimal()):
        raise InputError(f"Expected --size of rows and columns, such as 240x320. Received: {text}")
    return int(rows), int(columns)


def _min_seconds(model_name):
    """The least length that a model's family hears well; `None` if it is of none, or says none."""
    from keras_sounddream import applications

    try:
        return getattr(applications.find(model_name)[1], "MIN_SECONDS", None)
    except InputError:
        return None


def _dreams(tasks, settings):
    """Tells whether a dream is asked for: what a network of pictures takes does not ask for one."""
    return bool(set(settings) - {"preprocessing"} or {"dream", "dream_step"} & set(tasks))


def _dream(model, settings):
    """The dream that is exported."""
    layers, label = settings.pop("layers", ()), settings.pop("label", None)
    with quietly():
        from keras_sounddream.deepdream.model import DeepDream
        from keras_sounddream.workflows.dream import find_objective
    return DeepDream(model, find_objective(model, layers, (), label), **settings)
