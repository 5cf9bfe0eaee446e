"""`sounddream layers`: what there is to dream on."""

import math

import click

from keras_sounddream.cli._options import load_model


@click.command()
@click.argument("model_name", default="log_mel_cnn", metavar="[MODEL]")
def command(model_name):
    """Lists a model's layers: name, shape, receptive field."""
    model, _ = load_model(model_name, None)
    from keras_sounddream.audio.layers import find_sample_rate
    from keras_sounddream.deepdream.receptive_field import receptive_fields

    fields = receptive_fields(model)
    rate = find_sample_rate(model)
    click.echo(f"{'layer':22} {'kind':24} {'output shape':22} {'receptive field':>15}")
    for layer in model.layers:
        shape = str(tuple(layer.output.shape)).replace("None", "?")
        field = _in_words(fields[layer.name], rate)
        click.echo(f"{layer.name:22} {type(layer).__name__:24} {shape:22} {field:>15}")


def _in_words(samples, rate):
    if samples is None:
        return "?"
    if samples == math.inf:
        return "whole sound"
    return f"{samples} samples" if rate is None else f"{1000 * samples / rate:.1f} ms"
