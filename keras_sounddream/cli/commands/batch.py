"""`sounddream batch`: dreams, scores and features of many files."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from typing import Any

import click

from keras_sounddream.batch.jobs import Job
from keras_sounddream.batch.pipeline import run
from keras_sounddream.batch.runners import RUNNERS
from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import COUNT, decorated, given, model_options, quietly
from keras_sounddream.cli.options.dream import (
    class_option,
    dream_options,
    guidance_option,
    guide_option,
    layer_option,
)

_RUN = ("pattern", "output", "runner", "workers", "threads", "options")


@click.group()
def command() -> None:
    """Dreams, classifies or embeds many files, each once, here or on a cluster.

    Files that fail are listed in OUTPUT/failed.jsonl. An interrupted job is resumed when it is run
    again. Arguments after -- are options of the runner. Apache Beam is required:
    pip install 'keras-sounddream[beam]'.
    """


def _job_options(function: Callable[..., Any]) -> Callable[..., Any]:
    return decorated(
        function,
        click.option(
            "--input",
            "pattern",
            required=True,
            metavar="GLOB",
            help="The files, a quoted pattern; or a folder.",
        ),
        click.option("-o", "--output", required=True, metavar="DIR", help="Folder of the results."),
        click.option(
            "--runner",
            type=click.Choice(RUNNERS),
            default="DirectRunner",
            show_default=True,
            help="Runner of Apache Beam.",
        ),
        click.option(
            "--workers", type=COUNT, default=1, show_default=True, help="Number of processes."
        ),
        click.option(
            "--threads",
            type=COUNT,
            help="Threads of each worker.  [default: 1, or all cores if there is one worker]",
        ),
        click.argument("options", nargs=-1, metavar="[-- RUNNER OPTIONS]"),
    )


@command.command()
@_job_options
@model_options
@layer_option(
    "Layer, or channel of a layer, to dream on; can be repeated.  "
    "[default: a convolution two thirds of the way to the output]"
)
@class_option
@guide_option
@guidance_option
@click.option("--suffix", default=".wav", show_default=True, help="Suffix of the dreams' files.")
@dream_options
def dream(
    model_name: str,
    weights: str | None,
    layers: tuple[str, ...],
    label: str | None,
    guides: tuple[str, ...],
    suffix: str,
    **rest: Any,
) -> None:
    """Dreams every file into one of its own."""
    run_options = {name: rest.pop(name) for name in _RUN}
    guidance = rest.pop("guidance")
    objective: dict[str, Any] = {"layers": layers, "label": label, "guides": guides}
    known = early.check_any(model_name, weights)
    early.check_dream(known, {**objective, "guidance": guidance, **rest})
    early.check_output(known, f"{tempfile.gettempdir()}/dream{suffix}", force=True)
    early.check_inputs(known, guides, "dream on")
    objective |= given({"guidance": guidance})
    job = Job("dream", model_name, weights, **objective, suffix=suffix, settings=given(rest))
    _run(job, **run_options)


@command.command()
@_job_options
@model_options
@click.option("--top", default=5, show_default=True, type=COUNT, help="Number of classes to name.")
def classify(model_name: str, weights: str | None, top: int, **run_options: Any) -> None:
    """Names the likeliest classes of every file, one line of JSON per file."""
    early.check_model(model_name, weights)
    _run(Job("classify", model_name, weights, top=top), **run_options)


@command.command()
@_job_options
@model_options
@click.option(
    "--layer",
    metavar="NAME",
    help="Layer whose output is written.  [default: the one before the top]",
)
def embed(model_name: str, weights: str | None, layer: str | None, **run_options: Any) -> None:
    """Writes the features of every file: arrays of some hundred files, with their names."""
    early.check_model(model_name, weights)
    _run(Job("embed", model_name, weights, layer=layer), **run_options)


def _run(job, output, **run_options):
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)  # our error has its last message
    logging.getLogger().addFilter(lambda record: record.levelno >= logging.ERROR)  # its imports
    with quietly(with_own=True):  # each worker logs its start and its end
        summary = run(job, output=output, progress=True, **run_options)
    parts = [f"{summary.done} done", f"{summary.skipped} done before", f"{summary.failed} failed"]
    click.echo(f"{output}: {', '.join(parts)}, {summary.seconds:.0f} s")
