"""Options of the recipe on UrbanSound8K."""

import click

from keras_sounddream.cli.options.common import (
    COUNT,
    POSITIVE,
    SEED,
    Command,
    decorated,
    table_options,
)


def test_part_options(command: Command) -> Command:
    """Adds what determines the test part of UrbanSound8K: `None` where not given."""
    options = (
        click.option(
            "--protocol",
            type=click.Choice(["official", "nine_class"]),
            help="UrbanSound8K only: its ten folds, or clips of 4 s without gun shots.  [default: "
            "official]",
        ),
        click.option(
            "--tagging",
            type=click.Choice(["by_recording", "by_file"]),
            help="Protocol nine_class only: how the test part is drawn.  [default: by_recording]",
        ),
        click.option(
            "--short",
            type=click.Choice(["tile", "pad"]),
            help="UrbanSound8K only: how clips of less than 4 s are lengthened.  [default: tile]",
        ),
        click.option("--seed", type=SEED, help="Seed of everything random.  [default: 0]"),
    )
    return decorated(command, *options)


def urban_options(command: Command) -> Command:
    """Adds the settings of the recipe `urbansound8k`: `None` where not given."""
    legacy = click.option(
        "--legacy-normalization",
        is_flag=True,
        default=None,
        help="With --front-end legacy: normalise as the original weights require.",
    )
    options = table_options(_TRAINING, prefix="UrbanSound8K only: ")
    return test_part_options(decorated(command, options, legacy))


_TRAINING = {
    "--architecture": ("NAME", "size of UrbanSoundCNN.  [default: xsmall]"),
    "--front-end": ("NAME", "spectrogram, log_mel or legacy.  [default: log_mel]"),
    "--steps": (COUNT, "training steps.  [default: 5000]"),
    "--batch-size": (COUNT, "clips per step, equally many of each class.  [default: 100]"),
    "--checkpoint-steps": (COUNT, "steps from one saved state to the next.  [default: 500]"),
    "--summary-steps": (COUNT, "steps from one summary of the layers to the next.  [default: 50]"),
    "--learning-rate": (POSITIVE, "learning rate of Adam.  [default: 0.001]"),
    "--low-learning-rate": (
        POSITIVE,
        "learning rate once 200 steps classify 7 clips in 10 correctly.  [default: 0.0001]",
    ),
}
