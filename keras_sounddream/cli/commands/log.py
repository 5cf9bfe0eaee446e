"""`sounddream log`: summary and plot of a training run's log."""

from __future__ import annotations

import click

from keras_sounddream.cli.options.common import force_option
from keras_sounddream.reports import training_log
from keras_sounddream.reports.dream import check_picture


@click.command()
@click.argument("log", metavar="FILE")
@click.option("-o", "--output", metavar="PNG", help="Draw it; .png, .svg or .pdf.")
@force_option("Replace a file that exists.")
def command(log: str, output: str | None, force: bool) -> None:
    """Sums up the log of a training run, and draws loss and seconds per step.

    FILE has a JSON object per line, or is a log of ibab/tensorflow-wavenet.
    """
    if output:
        check_picture(output, force)
    rows = training_log.read_log(log)
    for line in training_log.sum_up(rows):
        click.echo(line)
    if output:
        training_log.draw_log(rows, output, force)
