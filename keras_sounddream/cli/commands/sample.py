"""`sounddream sample`: pictures and sounds from a trained generator."""

from __future__ import annotations

from typing import Any

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    COUNT,
    FiniteRange,
    check_outputs,
    counted,
    force_option,
    given,
    is_default,
    load_any,
    model_options,
    quietly,
    seed_option,
)
from keras_sounddream.cli.options.dream import class_option, layer_option
from keras_sounddream.cli.options.generator_model import check_generator, load_generator
from keras_sounddream.errors import InputError
from keras_sounddream.workflows.sample_output import check_samples_output


@click.command()
@click.argument("generator", metavar="GENERATOR")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="OUT.png|OUT.gif|OUT.wav",
    help="A grid of samples, an animation, or their sounds one after another.",
)
@click.option("--count", type=COUNT, default=28, show_default=True, help="Number of samples.")
@seed_option("Seed of the samples.")
@click.option(
    "--interpolate",
    "steps_between",
    type=COUNT,
    metavar="STEPS",
    help="Samples on the way from each to the next, on the sphere of latents.",
)
@click.option(
    "--size",
    type=COUNT,
    metavar="PIXELS",
    help="Pictures only: one large picture, of so many rows and columns, patch by patch.",
)
@click.option("--columns", type=COUNT, default=7, show_default=True, help="Columns of a grid.")
@layer_option("Layer that a dream on the samples makes more active, before they are written.")
@class_option
@model_options
@click.option("--steps", type=COUNT, help="Dreams only: ascent steps per octave.  [default: 10]")
@click.option(
    "--strength",
    type=FiniteRange(0, 1),
    help="Dreams only: how far to go from the samples.  [default: 0.5]",
)
@force_option()
def command(
    generator: str,
    output: str,
    count: int,
    seed: int,
    steps_between: int | None,
    size: int | None,
    columns: int,
    model_name: str,
    weights: str | None,
    force: bool,
    **dream: Any,
) -> None:
    """Makes pictures or sounds with GENERATOR.

    GENERATOR is a key of weights that ship, a .keras or .npz file of `sounddream train gan`, or a
    .keras file of `train autoencoder`. With --layer or --class, its latents are dreamed on first.
    """
    check_outputs(output, overwrite=force)
    chosen = given(dream)
    dreams = "layers" in chosen or "label" in chosen
    form = check_samples_output(output, force)
    _check_size(size, form, dreams, steps_between)
    _check(generator, dreams, steps_between, count)
    _check_used(form, dreams, size)
    if dreams:
        early.check_dream(early.check_any(model_name, weights), {**chosen, "step_size": None})
    with quietly():
        from keras_sounddream.workflows import sample
    made = load_generator(generator)
    check_samples_output(output, force, made.patches is not None)
    if size is not None:
        sample.write_large(made, size, output, seed, force)
        click.echo(f"{output}: {size} x {size} pixels, seed {seed}")
        return
    latents = sample.choose_latents(made, count, seed, steps_between)
    words = counted(len(latents), "sample")
    if dreams:
        model, required = load_any(model_name, weights, include_top="label" in chosen)
        result = sample.dream_latents(made, latents, model, progress=True, **required, **chosen)
        latents = result.latent
        words += f", on which {result.name} is {result.gain.mean():.2f} times as high"
    sample.write_samples(made, latents, output, columns, force)
    click.echo(f"{output}: {words}, seed {seed}")


def _check_size(size, form, dreams, steps_between):
    """Checks that a large picture is asked for by itself."""
    if size is not None and (form != "picture" or dreams or steps_between is not None):
        raise InputError(
            "--size makes one large picture (.png): leave --interpolate, --layer and --class out."
        )


def _check_used(form, dreams, size):
    """Checks that no option is given that the output would not depend on."""
    for name in ("steps", "strength", "model_name", "weights"):
        if not dreams and not is_default(name):
            option = name.removesuffix("_name")
            raise InputError(f"--{option} is of dreams: name a --layer or a --class, too.")
    if form != "picture" and not is_default("columns"):
        raise InputError("--columns is of a grid of pictures (.png). Leave it out.")
    for name in ("count", "columns"):
        if size is not None and not is_default(name):
            raise InputError(f"--size makes one large picture: leave --{name} out.")


def _check(generator, dreams, steps_between, count):
    """Checks what names and numbers reveal, before TensorFlow is imported."""
    check_generator(generator)
    if steps_between is not None and count < 2:
        raise InputError("--interpolate goes from one sample to the next: give --count 2 or more.")
