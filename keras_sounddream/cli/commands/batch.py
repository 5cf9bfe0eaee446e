"""`sounddream batch`: dreams, scores and features of many files."""

import logging

import click

from keras_sounddream.batch.jobs import Job
from keras_sounddream.batch.pipeline import run
from keras_sounddream.batch.runners import RUNNERS
from keras_sounddream.cli.options.common import decorated, dream_options, model_options, quietly


@click.group()
def command():
    """Dreams, classifies or embeds many files, each once, here or on a cluster.

    Files that cannot be done are listed in OUTPUT/failed.jsonl. A job that breaks off goes on when
    it is run again. What follows -- are options of the runner. Apache Beam is needed:
    pip install 'keras-sounddream[beam]'.
    """


def _job_options(function):
    return decorated(
        function,
        click.option(
            "--input",
            "pattern",
            required=True,
            metavar="GLOB",
            help="The files, quoted; or a folder.",
        ),
        click.option("-o", "--output", required=True, metavar="DIR", help="What they become."),
        click.option(
            "--runner", type=click.Choice(RUNNERS), default="DirectRunner", show_default=True
        ),
        click.option(
            "--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes."
        ),
        click.option(
            "--threads",
            type=click.IntRange(1),
            help="Of each worker.  [default: 1, or all cores of one worker]",
        ),
        click.argument("options", nargs=-1, metavar="[-- RUNNER OPTIONS]"),
    )


@command.command()
@_job_options
@model_options
@click.option("--layer", "layers", multiple=True, metavar="NAME[:CHANNEL]", help="To dream on.")
@click.option("--class", "label", metavar="LABEL", help="Class to dream of.")
@click.option("--guide", "guides", multiple=True, metavar="FILE", help="Whose features to take up.")
@click.option("--suffix", default=".wav", show_default=True, help="Of the dreams' files.")
@dream_options
def dream(model_name, weights, layers, label, guides, suffix, **rest):
    """Dreams every file into one of its own."""
    how = {name: rest.pop(name) for name in _HOW}
    settings = {name: value for name, value in rest.items() if value is not None}
    job = Job(
        *("dream", model_name, weights),
        layers=layers,
        label=label,
        guides=guides,
        suffix=suffix,
        settings=settings,
    )
    _run(job, **how)


@command.command()
@_job_options
@model_options
@click.option("--top", default=5, show_default=True, type=click.IntRange(1), help="Labels to name.")
def classify(model_name, weights, top, **how):
    """Names the likeliest classes of every file: a line of JSON each, some hundred in a part."""
    _run(Job("classify", model_name, weights, top=top), **how)


@command.command()
@_job_options
@model_options
@click.option("--layer", metavar="NAME", help="Whose output to read.  [default: before the top]")
def embed(model_name, weights, layer, **how):
    """Writes the features of every file: arrays of some hundred files, with their names."""
    _run(Job("embed", model_name, weights, layer=layer), **how)


_HOW = ("pattern", "output", "runner", "workers", "threads", "options")


def _run(job, output, **how):
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)  # its last word is in our error
    logging.getLogger().addFilter(lambda record: record.levelno >= logging.ERROR)  # its imports
    with quietly(with_own=True):  # each worker tells how it starts and ends
        found = run(job, output=output, progress=True, **how)
    parts = [f"{found.done} done", f"{found.skipped} done before", f"{found.failed} failed"]
    click.echo(f"{output}: {', '.join(parts)}, {found.seconds:.0f} s")
