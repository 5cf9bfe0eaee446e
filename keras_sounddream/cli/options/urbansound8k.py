"""Options of the recipe on UrbanSound8K."""

import click

from keras_sounddream.cli.options.common import FiniteRange, decorated


def test_part_options(command):
    """Adds what tells which part of UrbanSound8K is measured on: `None` where not given.

    Args:
        command: function to decorate.

    Returns:
        the function.
    """
    options = (
        click.option(
            "--protocol",
            type=click.Choice(["official", "nine_class"]),
            help="Of urbansound8k: ten folds, or clips of 4 s without gun shots.  [default: "
            "official]",
        ),
        click.option(
            "--tagging",
            type=click.Choice(["by_recording", "by_file"]),
            help="Of nine_class: how its test part is drawn.  [default: by_recording]",
        ),
        click.option(
            "--short",
            type=click.Choice(["tile", "pad"]),
            help="Of urbansound8k: clips of less than 4 s.  [default: tile]",
        ),
        click.option("--seed", type=click.IntRange(0), help="Of all that is drawn.  [default: 0]"),
    )
    return decorated(command, *options)


def urban_options(command):
    """Adds the settings of the recipe `urbansound8k`: `None` where they are not given.

    Args:
        command: function to decorate.

    Returns:
        the function.
    """
    above_zero = FiniteRange(0, min_open=True)
    counts = {
        "--steps": "Of training.  [default: 5000]",
        "--batch-size": "Of urbansound8k, equally many of each class.  [default: 100]",
        "--checkpoint-steps": "From one saved state to the next.  [default: 500]",
        "--summary-steps": "From one summary of the layers to the next.  [default: 50]",
    }
    options = [
        click.option("--architecture", metavar="NAME", help="Of urbansound8k.  [default: xsmall]"),
        click.option("--front-end", metavar="NAME", help="log_mel, or legacy.  [default: log_mel]"),
        click.option(
            "--legacy-normalization", is_flag=True, default=None, help="Of the legacy front end."
        ),
        *(click.option(name, type=click.IntRange(1), help=text) for name, text in counts.items()),
        click.option("--learning-rate", type=above_zero, help="Of Adam.  [default: 0.001]"),
        click.option(
            "--low-learning-rate",
            type=above_zero,
            help="Once 200 steps are right 7 times in 10.  [default: 0.0001]",
        ),
    ]
    return test_part_options(decorated(command, *options))
