"""`sounddream dream`: DeepDream on a sound, a picture or a video."""

from __future__ import annotations

import pathlib
from typing import Any

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    POSITIVE,
    check_outputs,
    force_option,
    given,
    is_default,
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
from keras_sounddream.cli.options.each_file import each_file
from keras_sounddream.cli.options.pages import check_files, page_options
from keras_sounddream.cli.options.rendering import rendering_options, take_rendering
from keras_sounddream.cli.options.video import is_video, take_video, video_options
from keras_sounddream.errors import InputError


@click.command()
@click.argument("inputs", nargs=-1, metavar="IN…")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="OUT",
    help="The dreamed sound, picture or video; a folder for those of several, or of a folder.",
)
@click.option(
    "--noise",
    type=POSITIVE,
    metavar="LENGTH",
    help="Dream from noise in place of IN: of so many seconds, or pixels of height and width.",
)
@model_options
@layer_option(
    "Layer, or channel of a layer, to dream on; can be repeated.  "
    "[default: a convolution two thirds of the way to the output]"
)
@class_option
@guide_option
@guidance_option
@dream_options
@rendering_options
@video_options
@page_options
@json_option("Write the figures as JSON.")
@force_option("Replace files that exist.")
def command(
    inputs: tuple[str, ...],
    output: str,
    noise: float | None,
    model_name: str,
    weights: str | None,
    plot: str | None,
    report: str | None,
    animation: str | None,
    json_path: str | None,
    force: bool,
    **settings: Any,
) -> int:
    """Dreams a sound, a picture or a video; or several, or all of a folder, into a folder.

    The layers named by --layer are more active on OUT than on IN. A sound keeps its rate, channels
    and bits. Pictures are dreamed with --model squeezenet, inception_v3, mobilenet, vgg16 or vgg19
    and their --weights (a file, or imagenet, which are fetched; of squeezenet they are the
    default), or with a .keras file that takes pictures. For --class the weights must hold the top.

    Of a video the pictures are dreamed with --model (squeezenet if it is not given) and the sound
    with --sound-model; none leaves the one or the other as it is. Ctrl-C stops it, and the same
    command goes on.

    With --noise, what drives a unit most: --layer NAME:CHANNEL, and the preset from_noise.

    Of several, a file that cannot be dreamed on is named on standard error, and the exit code is 2;
    a dream that exists is left as it is, unless --force is given.
    """
    pages: dict[str, Any] = {"plot": plot, "report": report, "animation": animation}
    rendering, video = take_rendering(settings), take_video(settings)
    if (noise is None) == (not inputs):
        raise InputError("Expected IN, one or several, or --noise LENGTH.")
    if is_video(inputs, video):
        _check_options(pages, rendering)
        named = None if is_default("model_name") else model_name
        from keras_sounddream.cli.commands.dream_video import dream_video_file

        return dream_video_file(
            inputs[0], output, named, weights, video, settings, json_path, force
        )
    guides, many = settings["guides"], len(inputs) > 1 or _is_folder(*inputs)
    known = early.check_any(model_name, weights)
    early.check_dream(known, settings)
    if many:
        _check_many(inputs, output, known.kind, pages, json_path, force)
    else:
        check_files((*inputs, *guides), weights, output, pages, json_path, force)
        early.check_output(known, output, force)
        if known.kind == "picture" and plot is not None:
            raise InputError("A plot shows spectrograms: of a picture, write a report instead.")
        if inputs:
            _check_sound(inputs[0], output, rendering, force)
    early.check_inputs(known, guides if many else (*inputs, *guides), "dream on")
    model, required = load_any(model_name, weights, include_top=settings["label"] is not None)
    chosen = {**required, **given(settings)}
    if many:
        return _dream_many(inputs, output, model, rendering, json_path, force, chosen)
    result = _dream_one(
        inputs, noise, output, model, {"overwrite": force, **pages, **rendering}, chosen
    )
    figures = result.figures()
    if json_path:
        write_json(json_path, figures, force)
    click.echo(_line(output, result.name, figures))
    return 0


def _dream_one(inputs, noise, output, model, options, chosen):
    """The result of the dream of the one input, or from noise, which is written."""
    with quietly():
        from keras_sounddream.workflows.dream import dream_file
        from keras_sounddream.workflows.noise import noise_file
    if noise is None:
        return dream_file(inputs[0], output, model, **options, **chosen)
    with noise_file(model, noise, chosen.get("seed", 0)) as path:
        return dream_file(path, output, model, **options, **{"preset": "from_noise", **chosen})


def _check_options(pages, rendering):
    """Refuses options that dreams of videos do not have."""
    for name in [name for name, path in pages.items() if path is not None] + list(rendering):
        name = {"start": "from", "end": "to"}.get(name, name)
        raise InputError(f"A video's dream has no --{name}: leave it out.")


def _is_folder(*paths):
    return any(pathlib.Path(path).is_dir() for path in paths)


def _dream_many(inputs, folder, model, rendering, json_path, force, chosen):
    """Dreams files into a folder, one after another, and goes on after a bad one."""
    with quietly():
        from keras_sounddream.deepdream.full_rate.rendering import Rendering
        from keras_sounddream.workflows.dream_folder import dream_one, find_pairs
        from keras_sounddream.workflows.making import make_dream

    dream = make_dream(model, **chosen)
    outputs = {str(path): to for path, to in find_pairs(inputs, folder, dream.kind)}
    figures = {}

    def work(path):
        result = dream_one(
            dream, pathlib.Path(path), outputs[path], force, True, Rendering(**rendering)
        )
        if result is None:
            return f"{outputs[path]} exists: left as it is"
        figures[path] = result.figures()
        return _line(outputs[path], result.name, figures[path])

    code = each_file(list(outputs), work)
    if json_path:
        write_json(json_path, figures, force)
    return code


def _check_many(inputs, folder, kind, pages, json_path, force):
    """Checks all that names of files reveal of several, before a model is loaded."""
    from keras_sounddream.workflows.dream_folder import find_pairs

    for name, path in pages.items():
        if path is not None:
            raise InputError(f"--{name} shows one dream: dream the file alone.")
    if pathlib.Path(folder).suffix and not pathlib.Path(folder).is_dir():
        raise InputError(f"Expected a folder to write several dreams into (-o). Received: {folder}")
    check_outputs(json_path, overwrite=force)
    find_pairs(inputs, folder, kind)


def _check_sound(path, output, rendering, force):
    """Checks the output against the header of a sound, which says what it is written like."""
    from keras_sounddream.audio.io import is_sound, is_written
    from keras_sounddream.deepdream.full_rate.rendering import Rendering
    from keras_sounddream.deepdream.full_rate.target import plan_for_file

    is_file = pathlib.Path(path).is_file()  # what is read from a pipe is gone
    if is_file and is_written(pathlib.Path(output).suffix) and is_sound(path):
        plan_for_file(path, output, Rendering(**rendering), force)


def _line(output, name, figures):
    rise, seconds = _rise(figures), f"{figures['seconds']:.1f} s"
    lost = figures.get("lost")  # of a sound
    words = "" if lost is None else f"; {lost:.0%} of the sound is lost"
    return f"{output}: the objective, {name}, {rise}{words}; {seconds}"


def _rise(figures):
    """The change of the objective in words."""
    before, real = figures["objective_before"], figures["objective_real"]
    if before is None or real is None:
        return "is no finite number"
    if real == before:
        return f"is {real:.3g}, as before"
    if before > 0 and figures["gain"] is not None:
        return f"is {figures['gain']:.2f} times as high"
    return f"went from {before:.3g} to {real:.3g}"
