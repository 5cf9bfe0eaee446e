"""`sounddream layers`: the layers of a model, which a dream can take."""

from __future__ import annotations

import math

import click

from keras_sounddream.cli.options.common import load_any


@click.command()
@click.argument("model_name", default="log_mel_cnn", metavar="[MODEL]")
def command(model_name: str) -> None:
    """Lists a model's layers: name, shape, receptive field."""
    model, _ = load_any(model_name, None, to_look_at=True)
    from keras_sounddream.audio.layers import find_sample_rate
    from keras_sounddream.deepdream.network.calls import calls_of
    from keras_sounddream.deepdream.network.checks import check_network
    from keras_sounddream.deepdream.network.receptive_field import receptive_fields
    from keras_sounddream.workflows.media import files_of

    check_network(model)
    fields = receptive_fields(model)
    rate, kind = find_sample_rate(model), files_of(model).kind
    click.echo(f"{'layer':22} {'kind':24} {'output shape':22} {'receptive field':>15}")
    for name, call in calls_of(model).items():
        outputs = call.output if isinstance(call.output, list) else [call.output]
        shape = ", ".join(str(tuple(tensor.shape)) for tensor in outputs).replace("None", "?")
        field = _in_words(fields[name], rate, kind)
        click.echo(f"{name:22} {type(call.layer).__name__:24} {shape:22} {field:>15}")


def _in_words(length, rate, kind):
    """A receptive field in milliseconds, samples or pixels."""
    if length is None:
        return "?"
    if length == math.inf:
        return f"whole {kind}"
    if rate is None:
        return f"{length} {'pixels' if kind == 'picture' else 'samples'}"
    return f"{1000 * length / rate:.1f} ms"
