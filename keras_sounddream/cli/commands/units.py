"""`sounddream units`: what the units of a layer answer to."""

import click

from keras_sounddream.cli.options.common import (
    FiniteRange,
    check_outputs,
    load_model,
    quietly,
    write_json,
)
from keras_sounddream.errors import InputError


@click.command()
@click.argument("model_name", metavar="MODEL")
@click.option("--weights", metavar="KEY|FILE", help="Key of pretrained weights, or a file.")
@click.option("--layer", required=True, metavar="NAME", help="Whose units.")
@click.option(
    "--data",
    required=True,
    metavar="FOLDER|NAME",
    help="Clips: ESC-10, ESC-50, or a folder a class; or a data set of TFDS that is built.",
)
@click.option("-o", "--output", metavar="HTML", help="Write a page with players.")
@click.option("--csv", "csv_path", metavar="FILE", help="Write a row a unit.")
@click.option("--json", "json_path", metavar="FILE", help="Write the same as JSON.")
@click.option(
    "--fold",
    "folds",
    multiple=True,
    type=int,
    help="Of the clips; can be repeated.  [default: all]",
)
@click.option(
    "--answer",
    type=click.Choice(["mean", "max"]),
    default="mean",
    show_default=True,
    help="Over time.",
)
@click.option("--class", "label", metavar="LABEL", help="Show units that tell this class best.")
@click.option(
    "--least-auc", type=FiniteRange(0, 1), default=0.0, help="Show units from this AUC on."
)
@click.option(
    "--limit", type=click.IntRange(1), default=60, show_default=True, help="Show so many units."
)
@click.option(
    "--top", type=click.IntRange(1), default=3, show_default=True, help="Clips of each unit."
)
@click.option("--force", is_flag=True, help="Replace files that exist.")
def command(
    model_name,
    weights,
    layer,
    data,
    output,
    csv_path,
    json_path,
    folds,
    answer,
    label,
    least_auc,
    limit,
    top,
    force,
):
    """Measures which classes drive each unit of a layer, and lists its top clips.

    Prints the units that tell their class best. The tables hold all units; --class, --least-auc and
    --limit choose what is shown.
    """
    from keras_sounddream.reports import units as reports
    from keras_sounddream.reports.dream import page
    from keras_sounddream.reports.units import table

    check_outputs(output, csv_path, json_path, overwrite=force)
    if output:
        page.check_page(output, force)
    with quietly():
        from keras_sounddream.datasets.clip_sets import read_clip_set
        from keras_sounddream.training.transfer import units
    clips, labels = _clips(read_clip_set(data), folds)
    units.check_class(label, labels)
    model, family = load_model(model_name, weights)
    found = units.measure_units(model, layer, clips, labels, answer=answer, top=top, family=family)
    shown = found.order(label, least_auc, limit)
    if output:
        reports.write_units(found, output, force, shown)
    if csv_path:
        table.write_table(found, csv_path, force)
    if json_path:
        write_json(json_path, table.in_words(found), force)
    for unit in shown:
        best = found.best[unit]
        area, separation = found.auc[unit, best], found.d_prime[unit, best]
        click.echo(f"unit {unit:5d}  AUC {area:.3f}  d' {separation:6.2f}  {labels[best]}")


def _clips(clip_set, folds):
    unknown = [fold for fold in folds if fold not in clip_set.folds]
    if unknown:
        raise InputError(f"Expected folds of {clip_set.folds}. Received: {unknown}")
    clips = [clip for clip in clip_set.clips if not folds or clip.fold in folds]
    return clips, clip_set.labels
