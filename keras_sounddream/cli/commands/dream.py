"""`sounddream dream`: DeepDream on a sound or a picture."""

from __future__ import annotations

from typing import Any

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    check_outputs,
    force_option,
    given,
    json_option,
    load_any,
    model_options,
    quietly,
    write_json,
)
from keras_sounddream.cli.options.dream import (
    class_option,
    dream_options,
    guidance_option,
    guide_option,
    layer_option,
)
from keras_sounddream.errors import InputError


@click.command()
@click.argument("input_path", metavar="IN")
@click.option("-o", "--output", required=True, metavar="OUT", help="The dreamed sound or picture.")
@model_options
@layer_option(
    "Layer, or channel of a layer, to dream on; can be repeated.  "
    "[default: a convolution two thirds of the way to the output]"
)
@class_option
@guide_option
@guidance_option
@dream_options
@click.option("--plot", metavar="PNG", help="Draw spectrograms and the ascent.")
@click.option("--report", metavar="HTML", help="Write a page to listen to and look at.")
@click.option("--animation", metavar="GIF|MP4", help="Write an animation of the ascent.")
@json_option("Write the figures as JSON.")
@force_option("Replace files that exist.")
def command(
    input_path: str,
    output: str,
    model_name: str,
    weights: str | None,
    plot: str | None,
    report: str | None,
    animation: str | None,
    json_path: str | None,
    force: bool,
    **settings: Any,
) -> None:
    """Dreams a sound, or a picture.

    The layers named by --layer are more active on OUT than on IN. Pictures are dreamed with
    --model squeezenet, inception_v3, mobilenet, vgg16 or vgg19 and their --weights (a file, or
    imagenet, which Keras downloads for all but the first), or with a .keras file that takes
    pictures. For --class the weights must hold the top.
    """
    pages: dict[str, Any] = {"plot": plot, "report": report, "animation": animation}
    _check_files((input_path, *settings["guides"]), weights, output, pages, json_path, force)
    known = early.check_any(model_name, weights)
    early.check_dream(known, settings)
    early.check_output(known, output, force)
    if known.kind == "picture" and plot is not None:
        raise InputError("A plot shows spectrograms: of a picture, write a report instead.")
    early.check_inputs(known, (input_path, *settings["guides"]), "dream on")
    model, required = load_any(model_name, weights, include_top=settings["label"] is not None)
    with quietly():
        from keras_sounddream.workflows.dream import dream_file
    chosen = {**required, **given(settings)}
    result = dream_file(input_path, output, model, overwrite=force, **pages, **chosen)
    figures = result.figures()
    if json_path:
        write_json(json_path, figures, force)
    click.echo(
        f"{output}: the objective, {result.name}, {_rise(figures)}, {figures['seconds']:.1f} s"
    )


def _check_files(inputs, weights, output, pages, json_path, force):
    """Checks all that names of files reveal, before a model is loaded."""
    check_outputs(output, *pages.values(), json_path, overwrite=force)
    for path in (*pages.values(), json_path):
        if path in {*inputs, weights} - {None}:
            raise InputError(f"{path} is read: give another name to write to.")
    from keras_sounddream.reports import dream as dream_reports
    from keras_sounddream.workflows.media import check_names

    check_names(inputs, output, force)
    checks = {"plot": "check_picture", "report": "check_page", "animation": "check_animation"}
    for name, path in pages.items():
        if path is not None:
            getattr(dream_reports, checks[name])(path, force)


def _rise(figures):
    """The change of the objective in words."""
    before, real = figures["objective_before"], figures["objective_real"]
    if before is None or real is None:
        return "is no finite number"
    if real == before:
        return f"is {real:.3g} as before"
    if before > 0 and figures["gain"] is not None:
        return f"is {figures['gain']:.2f} times as high"
    return f"went from {before:.3g} to {real:.3g}"
