"""`sounddream data`: summaries of data sets, and checks for faulty files."""

from __future__ import annotations

import contextlib
import pathlib
import sys

import click

from keras_sounddream.cli.options.common import (
    check_outputs,
    force_option,
    json_option,
    quietly,
    write_json,
)
from keras_sounddream.cli.options.sounds import list_sounds, sound_options
from keras_sounddream.datasets.inspection import checks as file_checks
from keras_sounddream.datasets.inspection import measures, summary
from keras_sounddream.errors import visible
from keras_sounddream.reports import corpus
from keras_sounddream.reports.dream import check_picture

_SHOWN = 20  # findings of a kind that are printed
_NAMED = 6  # files of a finding


@click.group()
def command() -> None:
    """Inspects data sets: their content, and faulty files in them."""


@command.command("summary")
@click.argument("name", metavar="NAME|FOLDER|CSV")
@click.option("-o", "--output", metavar="PNG", help="Draw it; .png, .svg or .pdf.")
@json_option("Write it as JSON.")
@sound_options
@click.option("--quick", is_flag=True, help="Measure lengths and rates only, without decoding.")
@click.option("--data-dir", metavar="FOLDER", help="Folder where TFDS keeps its data sets.")
@force_option("Replace files that exist.")
def summarize(
    name: str,
    output: str | None,
    json_path: str | None,
    tags: bool,
    genres: str | None,
    conditions: tuple[str, ...],
    quick: bool,
    data_dir: str | None,
    force: bool,
) -> None:
    """Sums up a data set: classes, parts, lengths, rates, levels, clipping and silence.

    NAME is a data set of TFDS or tfds_builders that is built. A table has a header, a column
    `file`, and columns of labels. Files that are left out are named.
    """
    check_outputs(output, json_path, overwrite=force)
    if output:
        check_picture(output, force)
    if tags or genres or conditions or name.lower().endswith(".csv"):
        listed = list_sounds(name, tags, genres, list(conditions))
        measurements = measures.measure_files(listed.paths, quick)
        measured, labels, left_out = summary.keep_measured(
            listed.names, measurements, listed.labels
        )
        left_out = [*listed.left_out, *left_out]
    elif pathlib.Path(name).exists():
        measured, labels, left_out = summary.measure_folder(name, quick)
    else:
        with quietly():
            builder = summary.open_data_set(name, data_dir)
        measured, labels, left_out = summary.measure_data_set(builder)
    report = summary.sum_up(measured, labels, left_out)
    click.echo("\n".join(corpus.describe(report)))
    for file, reason in left_out[:_SHOWN]:
        click.echo(f"left out: {visible(file)}: {visible(reason)}", err=True)
    if len(left_out) > _SHOWN:
        click.echo(f"left out: {len(left_out) - _SHOWN} more; --json lists them", err=True)
    if json_path:
        write_json(json_path, report, force)
    if output:
        corpus.draw_corpus([m.seconds for m in measured], labels, output, force, _levels(measured))


def _levels(measured):
    if measured[0].level_db is None:
        return None
    return {"peak": [m.peak_db for m in measured], "level": [m.level_db for m in measured]}


@command.command("build")
@click.argument("name", metavar="NAME[/CONFIG]")
@click.option(
    "--manual-dir", metavar="FOLDER", help="Folder that holds the data, or an archive of it."
)
@click.option("--data-dir", metavar="FOLDER", help="Folder where TFDS keeps its data sets.")
def build(name: str, manual_dir: str | None, data_dir: str | None) -> None:
    """Builds a data set of tfds_builders, or of TFDS, unless it is built already."""
    with quietly():
        from keras_sounddream.datasets.tfds import builders

        builder = builders.find_builder(name, data_dir)
    with contextlib.redirect_stdout(sys.stderr):  # where TFDS shows its progress bars
        builders.prepare(builder, manual_dir)
    splits = ", ".join(
        f"{name} {split.num_examples}" for name, split in builder.info.splits.items()
    )
    click.echo(f"{builder.info.full_name}: {splits}; in {builder.data_path}")
    broken = (builder.info.metadata or {}).get("broken_files", [])
    for reason in broken[:_SHOWN]:
        click.echo(f"left out: {visible(reason)}", err=True)
    if len(broken) > _SHOWN:
        click.echo(f"left out: {len(broken) - _SHOWN} more", err=True)


@command.command("check")
@click.argument("folder", metavar="FOLDER")
@click.option(
    "--only",
    "kinds",
    multiple=True,
    type=click.Choice(file_checks.KINDS),
    help="Kind of fault to look for; can be repeated.  [default: all]",
)
@click.option(
    "--clipped-share",
    type=click.FloatRange(0, 1, min_open=True),
    default=file_checks.CLIPPED_SHARE,
    show_default=True,
    help="Share of clipped samples from which a sound counts as clipped.",
)
@json_option("Write all findings as JSON.")
@force_option("Replace a file that exists.")
def check(
    folder: str, kinds: tuple[str, ...], clipped_share: float, json_path: str | None, force: bool
) -> int:
    """Finds broken, silent, clipped, repeated and leaking sounds; exits with 1 if there are any.

    A leak is a recording, or the same sound, in two folds, or in parts such as train and test.
    """
    check_outputs(json_path, overwrite=force)
    report = file_checks.check(folder, kinds or file_checks.KINDS, clipped_share)
    for kind in file_checks.KINDS:
        findings = [finding for finding in report.findings if finding.kind == kind]
        for finding in findings[:_SHOWN]:
            more = len(finding.files) - _NAMED
            names = ", ".join(finding.files[:_NAMED]) + (f" and {more} more" if more > 0 else "")
            click.echo(f"{kind}: {visible(names)}: {visible(finding.reason)}")
        if len(findings) > _SHOWN:
            click.echo(f"{kind}: {len(findings) - _SHOWN} more; --json lists them")
    click.echo(f"{report.sounds} sounds checked, {len(report.findings)} findings")
    if json_path:
        rows = [vars(row) | {"files": list(row.files)} for row in report.findings]
        write_json(json_path, {"sounds": report.sounds, "findings": rows}, force)
    return 1 if report.findings else 0
