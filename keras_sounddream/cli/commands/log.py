"""`sounddream log`: summary and plot of a log of training, or of generation."""

from __future__ import annotations

import click

from keras_sounddream.cli.options.common import force_option
from keras_sounddream.reports import generation_log, training_log
from keras_sounddream.reports.dream import check_picture


@click.command()
@click.argument("log", metavar="FILE")
@click.option("-o", "--output", metavar="PNG", help="Draw it; .png, .svg or .pdf.")
@force_option("Replace a file that exists.")
def command(log: str, output: str | None, force: bool) -> None:
    """Sums up the log of a training run, and draws loss and seconds per step.

    FILE has a JSON object per line, or is a log of ibab/tensorflow-wavenet. Of sounds that were
    generated one after another it has a time per line, as `date +%s%3N` prints it: then the
    seconds per sound are summed up and drawn.
    """
    if output:
        check_picture(output, force)
    if generation_log.holds_times(log):
        times = generation_log.read_times(log)
        click.echo("\n".join(generation_log.sum_up(times)))
        if output:
            generation_log.draw_times(times, output, force)
        return
    rows = training_log.read_log(log)
    for line in training_log.sum_up(rows):
        click.echo(line)
    if output:
        training_log.draw_log(rows, output, force)
