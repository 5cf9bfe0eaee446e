"""`sounddream log`: what a training run's log shows."""

import click

from keras_sounddream.reports import training_log
from keras_sounddream.reports.dream import check_picture


@click.command()
@click.argument("log", metavar="FILE")
@click.option("-o", "--output", metavar="PNG", help="Draw it; .png, .svg or .pdf.")
@click.option("--force", is_flag=True, help="Replace a file that exists.")
def command(log, output, force):
    """Sums up the log of a training run, and draws loss and seconds a step.

    FILE has a JSON object a line, or is a log of ibab/tensorflow-wavenet.
    """
    if output:
        check_picture(output, force)
    found = training_log.read_log(log)
    for line in training_log.sum_up(found):
        click.echo(line)
    if output:
        training_log.draw_log(found, output, force)
