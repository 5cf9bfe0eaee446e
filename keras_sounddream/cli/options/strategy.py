"""The option `--strategy`: training on several devices."""

from typing import Any

import click

from keras_sounddream.cli.options.common import Command, quietly


def strategy_option(command: Command) -> Command:
    """Adds `--strategy`."""
    return click.option(
        "--strategy",
        "strategy_name",
        type=click.Choice(["mirrored", "multiworker"]),
        help="mirrored: all GPUs of this machine; multiworker: the processes that TF_CONFIG in the "
        "environment lists.  [default: one device]",
    )(command)


def begin(strategy_name: str | None) -> Any:
    """The `tf.distribute.Strategy` of that name, or `None`: call it before any computation."""
    if strategy_name is None:
        return None
    with quietly():
        from keras_sounddream.training.distributed import strategies

        return strategies.find(strategy_name)


def is_done(strategy: Any) -> bool:
    """Whether this process is a worker, which leaves writing and measuring to the chief."""
    if strategy is None:
        return False
    from keras_sounddream.training.distributed import strategies

    number = strategies.worker(strategy)
    if number:
        click.echo(f"worker {number} is done; worker 0 writes the model")
    return number > 0
