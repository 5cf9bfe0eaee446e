"""Report of an export on the command line."""

from typing import Any

import click


def print_report(report: dict[str, Any]) -> None:
    """Prints one line for a file, and one for each of its tasks, of what `export_model` returns."""
    click.echo(f"{report['path']}: {report['bytes'] / 1e6:.1f} MB")
    for name, task in report["tasks"].items():
        if not task:
            click.echo(f"  {name:12} not compared")
            continue
        if "equal" in task:
            click.echo(
                f"  {name:12} {task['equal']:.1%} of {task['samples']} draws are the model's; "
                f"{task['samples_per_second']:,.0f} samples/s"
            )
            continue
        seconds = f"{_seconds(task['seconds_per_call'])} for {_extent(task)}"
        click.echo(f"  {name:12} {_agreement(task)}; {seconds}")


def _extent(task):
    """Words for what one call takes."""
    if "sound_seconds" in task:
        return f"{_seconds(task['sound_seconds'])} of sound"
    if "picture_size" in task:
        return "{} x {} pixels".format(*task["picture_size"])
    return f"a latent of {task['latent_size']}"


def _seconds(number):
    """A time in words: of a call of a stream, in milliseconds."""
    return f"{number:.3g} s" if number >= 0.1 else f"{1000 * number:.2g} ms"


def _agreement(task):
    """Distance of a file from the model: a dream's by its objective, its samples being chaotic."""
    if "objective_relative" in task:
        return f"its objective differs by {task['objective_relative']:.1e}"
    return f"differs by {task['largest_relative']:.1e} of its peak"
