"""What commands that train share: on how many devices."""

import click

from keras_sounddream.cli.options.common import quietly


def strategy_option(command):
    """Adds `--strategy`.

    Args:
        command: function to decorate.

    Returns:
        the function.
    """
    return click.option(
        "--strategy",
        "strategy_name",
        type=click.Choice(["mirrored", "multiworker"]),
        help="mirrored: on all GPUs of this machine; multiworker: with the processes that the "
        "environment's TF_CONFIG names.  [default: one device]",
    )(command)


def begin(strategy_name):
    """Makes the strategy; to be called before anything is computed.

    Args:
        strategy_name: str, or `None`.

    Returns:
        `tf.distribute.Strategy`, or `None`.
    """
    with quietly():
        from keras_sounddream.training.distributed import strategies

        return strategies.find(strategy_name)


def is_done(strategy):
    """Says so if this process is a worker that leaves writing and measuring to the chief.

    Args:
        strategy: as `begin` gives it.

    Returns:
        bool.
    """
    from keras_sounddream.training.distributed import strategies

    number = strategies.worker(strategy)
    if number:
        click.echo(f"worker {number} is done; worker 0 writes the model")
    return number > 0
