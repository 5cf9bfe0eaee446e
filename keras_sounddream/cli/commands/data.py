"""`sounddream data`: what a data set holds, and what is wrong with it."""

import contextlib
import pathlib
import sys

import click

from keras_sounddream.cli.options.common import check_outputs, quietly, write_json
from keras_sounddream.cli.options.sounds import list_sounds, sound_options
from keras_sounddream.datasets.inspection import checks as checking
from keras_sounddream.datasets.inspection import measures, summary
from keras_sounddream.reports import corpus
from keras_sounddream.reports.dream import check_picture

_SHOWN = 20  # findings of a kind that are printed
_NAMED = 6  # files of a finding


@click.group()
def command():
    """Looks at data sets: what they hold, and what is wrong with them."""


@command.command("summary")
@click.argument("name", metavar="NAME|FOLDER|CSV")
@click.option("-o", "--output", metavar="PNG", help="Draw it; .png, .svg or .pdf.")
@click.option("--json", "json_path", metavar="FILE", help="Write it as JSON.")
@sound_options
@click.option("--quick", is_flag=True, help="Lengths and rates alone, without decoding.")
@click.option("--data-dir", metavar="FOLDER", help="Where TFDS keeps a data set that is named.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
def summarize(name, output, json_path, tags, genres, conditions, quick, data_dir, force):
    """Sums up a data set: classes, parts, lengths, rates, levels, clipping and silence.

    NAME is a data set of TFDS or tfds_builders that is built. A table has a header, a column
    `file`, and columns of labels. Files that are left out are named.
    """
    check_outputs(output, json_path, overwrite=force)
    if output:
        check_picture(output, force)
    if tags or genres or conditions or name.lower().endswith(".csv"):
        listed = list_sounds(name, tags, genres, list(conditions))
        measured = measures.measure_files(listed.paths, quick)
        found, labels, left_out = summary.keep_measured(listed.names, measured, listed.labels)
        left_out = [*listed.left_out, *left_out]
    elif pathlib.Path(name).exists():
        found, labels, left_out = summary.measure_folder(name, quick)
    else:
        with quietly():
            builder = summary.open_data_set(name, data_dir)
        found, labels, left_out = summary.measure_data_set(builder)
    report = summary.sum_up(found, labels, left_out)
    click.echo("\n".join(corpus.describe(report)))
    for file, reason in left_out[:_SHOWN]:
        click.echo(f"left out: {file}: {reason}", err=True)
    if len(left_out) > _SHOWN:
        click.echo(f"left out: {len(left_out) - _SHOWN} more; --json lists them", err=True)
    if json_path:
        write_json(json_path, report, force)
    if output:
        corpus.draw_corpus([m.seconds for m in found], labels, output, force, _levels(found))


def _levels(found):
    if found[0].level_db is None:
        return None
    return {"peak": [m.peak_db for m in found], "level": [m.level_db for m in found]}


@command.command("build")
@click.argument("name", metavar="NAME[/CONFIG]")
@click.option("--manual-dir", metavar="FOLDER", help="That holds the data, or an archive of it.")
@click.option("--data-dir", metavar="FOLDER", help="Where TFDS keeps data sets.")
def build(name, manual_dir, data_dir):
    """Builds a data set of tfds_builders, or of TFDS, unless it is built."""
    with quietly():
        from keras_sounddream.datasets.tfds import builders

        builder = builders.find_builder(name, data_dir)
    with contextlib.redirect_stdout(sys.stderr):  # as the bars that TFDS shows
        builders.prepare(builder, manual_dir)
    splits = ", ".join(f"{part} {each.num_examples}" for part, each in builder.info.splits.items())
    click.echo(f"{builder.info.full_name}: {splits}; in {builder.data_path}")
    broken = (builder.info.metadata or {}).get("broken_files", [])
    for reason in broken[:_SHOWN]:
        click.echo(f"left out: {reason}", err=True)
    if len(broken) > _SHOWN:
        click.echo(f"left out: {len(broken) - _SHOWN} more", err=True)


@command.command("check")
@click.argument("folder", metavar="FOLDER")
@click.option(
    "--only",
    "kinds",
    multiple=True,
    type=click.Choice(checking.KINDS),
    help="What to look for; can be repeated.  [default: all]",
)
@click.option(
    "--clipped-share",
    type=click.FloatRange(0, 1, min_open=True),
    default=checking.CLIPPED_SHARE,
    show_default=True,
    help="Of the samples, from which on a sound is clipped.",
)
@click.option("--json", "json_path", metavar="FILE", help="Write all findings as JSON.")
@click.option("--force", is_flag=True, help="Replace a file that exists.")
def check(folder, kinds, clipped_share, json_path, force):
    """Finds broken, silent, clipped, repeated and leaking sounds; ends with 1 if there are any.

    A leak is a recording, or the same sound, in two folds, or in parts such as train and test.
    """
    check_outputs(json_path, overwrite=force)
    report = checking.check(folder, kinds or checking.KINDS, clipped_share)
    for kind in checking.KINDS:
        found = [each for each in report.findings if each.kind == kind]
        for each in found[:_SHOWN]:
            more = len(each.files) - _NAMED
            names = ", ".join(each.files[:_NAMED]) + (f" and {more} more" if more > 0 else "")
            click.echo(f"{kind}: {names}: {each.reason}")
        if len(found) > _SHOWN:
            click.echo(f"{kind}: {len(found) - _SHOWN} more; --json lists them")
    click.echo(f"{report.sounds} sounds checked, {len(report.findings)} findings")
    if json_path:
        findings = [vars(each) | {"files": list(each.files)} for each in report.findings]
        write_json(json_path, {"sounds": report.sounds, "findings": findings}, force)
    return 1 if report.findings else 0
