"""`sounddream style`: the style of sounds or pictures on the content of another."""

from __future__ import annotations

from typing import Any

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    NOT_NEGATIVE,
    force_option,
    given,
    json_option,
    load_any,
    quietly,
    weights_option,
    write_json,
)
from keras_sounddream.cli.options.dream import (
    preset_option,
    read_style_layer,
    setting_options,
    style_layer_option,
)
from keras_sounddream.cli.options.pages import check_files, page_options
from keras_sounddream.cli.options.rendering import rendering_options, take_rendering
from keras_sounddream.deepdream import settings as dream_settings
from keras_sounddream.deepdream.style_transfer.presets import OF_KIND, PRESETS, SOUND_NETWORKS
from keras_sounddream.errors import InputError


@click.command()
@click.argument("content", metavar="CONTENT")
@click.argument("styles", nargs=-1, required=True, metavar="STYLE…")
@click.option("-o", "--output", required=True, metavar="OUT", help="The sound or picture to write.")
@click.option(
    "--model",
    "model_name",
    metavar="NAME|FILE",
    default="log_mel_cnn",
    show_default=True,
    help=f"{' or '.join(SOUND_NETWORKS)}, a model of the zoo, a network for pictures, or a .keras "
    "file.",
)
@weights_option
@style_layer_option
@click.option(
    "--content-layer",
    "content_layers",
    multiple=True,
    metavar="NAME",
    help="Layer of the content; can be repeated.  [default: by the network]",
)
@click.option("--style-weight", type=NOT_NEGATIVE, help="Weight of the style.")
@click.option("--content-weight", type=NOT_NEGATIVE, help="Weight of the content.")
@click.option(
    "--share",
    "shares",
    type=NOT_NEGATIVE,
    multiple=True,
    help="Share of a STYLE, once for each, in their order.  [default: equal]",
)
@click.option(
    "--mask",
    "masks",
    multiple=True,
    metavar="FILE|S:S",
    help="Part that gets a STYLE, once for each: a picture, white where it does; of a sound its "
    "start and end in seconds.",
)
@click.option(
    "--average-pooling", is_flag=True, help="Average poolings in place of the network's maxima."
)
@preset_option(PRESETS)
@setting_options(OF_KIND)
@rendering_options
@page_options
@json_option("Write the figures as JSON.")
@force_option("Replace files that exist.")
def command(
    content: str,
    styles: tuple[str, ...],
    output: str,
    model_name: str,
    weights: str | None,
    average_pooling: bool,
    plot: str | None,
    report: str | None,
    animation: str | None,
    json_path: str | None,
    force: bool,
    **settings: Any,
) -> int:
    """Gives the sound or picture CONTENT the style of others, the STYLEs, and writes it to OUT.

    A sound keeps its loudness, rate, channels, length and bits. For pictures name a network, such
    as --model squeezenet, or vgg19 with its --weights (a file, or imagenet, which are fetched).
    """
    pages: dict[str, Any] = {"plot": plot, "report": report, "animation": animation}
    rendering = take_rendering(settings)
    known = _check_model(model_name, weights)
    chosen = _checked(known, settings)
    check_files((content, *styles), weights, output, pages, json_path, force)
    early.check_output(known, output, force)
    _check_each(known, styles, chosen)
    early.check_inputs(known, (content,), "change")
    early.check_inputs(known, styles, "take a style of")
    model, required = _load(model_name, weights)
    with quietly():
        from keras_sounddream.deepdream.full_rate.rendering import Rendering
        from keras_sounddream.deepdream.style_transfer import build, with_average_pooling
        from keras_sounddream.workflows.style import style_file
    model = with_average_pooling(build(model)) if average_pooling else model
    options = {**required, **chosen, **pages, "rendering": Rendering(**rendering)}
    result = style_file(content, styles, output, model, overwrite=force, **options)
    if json_path:
        write_json(json_path, result.figures(), force)
    click.echo(_line(output, result))
    return 0


def _check_model(model_name, weights):
    """Facts on a network of style, or on any other model."""
    if model_name not in SOUND_NETWORKS:
        return early.check_any(model_name, weights)
    if weights is not None:
        raise InputError(f"{model_name} takes no --weights: it is not trained. Leave them out.")
    return early.Known(model_name, "sound")


def _checked(known, settings):
    """The options that were given, those of layers read and checked."""
    chosen = given(settings)
    names = [read_style_layer(text) for text in chosen.get("style_layers", ())]
    early.check_layers(known, [*(row[0] for row in names), *chosen.get("content_layers", ())])
    if known.kind is not None:
        dream_settings.check_names(known.kind, set(chosen) & set(dream_settings.FIELDS))
    return {**chosen, **({"style_layers": names} if names else {})}


def _check_each(known, styles, chosen):
    """Checks that there is a share and a mask for each style, or none; and the masks."""
    for name in ("shares", "masks"):
        count = len(chosen.get(name, styles))
        if count != len(styles):
            option = f"--{name.removesuffix('s')}"
            raise InputError(f"Expected {len(styles)} {option}, one per style. Received: {count}")
    if max(chosen.get("shares", (1,))) == 0:
        raise InputError("Expected a --share above 0. Received: 0 alone")
    masks = chosen.get("masks", ())
    if known.kind == "picture":
        early.check_inputs(known, masks)
    elif known.kind == "sound":
        from keras_sounddream.workflows.style.masks import read_span

        for text in masks:
            read_span(text)


def _load(model_name, weights):
    if model_name in SOUND_NETWORKS:
        return model_name, {}
    return load_any(model_name, weights)


def _line(output, result):
    before, after = float(result.objective_before[0]), float(result.objective_real[0])
    lost = result.figures().get("lost")
    words = "" if lost is None else f"; {lost:.0%} of the sound is lost"
    return (
        f"{output}: the objective, {result.name}, went from {before:.3g} to {after:.3g}{words}; "
        f"{result.seconds:.1f} s"
    )
