"""`sounddream units`: the classes and clips that drive each unit of a layer."""

from __future__ import annotations

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    COUNT,
    FiniteRange,
    check_outputs,
    clips_option,
    force_option,
    json_option,
    load_model,
    quietly,
    weights_option,
    write_json,
)
from keras_sounddream.errors import InputError


@click.command()
@click.argument("model_name", metavar="MODEL")
@weights_option
@click.option("--layer", required=True, metavar="NAME", help="Layer of the units.")
@clips_option
@click.option("-o", "--output", metavar="HTML", help="Write a page with players.")
@click.option("--csv", "csv_path", metavar="FILE", help="Write a table with one row per unit.")
@json_option("Write the same table as JSON.")
@click.option(
    "--fold",
    "folds",
    multiple=True,
    type=int,
    help="Fold of the clips; can be repeated.  [default: all]",
)
@click.option(
    "--answer",
    type=click.Choice(["mean", "max"]),
    default="mean",
    show_default=True,
    help="Pooling of a unit's activation over time.",
)
@click.option(
    "--class", "label", metavar="LABEL", help="Show the units that respond to this class best."
)
@click.option(
    "--least-auc",
    type=FiniteRange(0, 1),
    default=0.0,
    show_default=True,
    help="Show units of at least this AUC.",
)
@click.option(
    "--limit", type=COUNT, default=60, show_default=True, help="Largest number of units to show."
)
@click.option(
    "--top", type=COUNT, default=3, show_default=True, help="Number of clips to list per unit."
)
@force_option("Replace files that exist.")
def command(
    model_name: str,
    weights: str | None,
    layer: str,
    data: str,
    output: str | None,
    csv_path: str | None,
    json_path: str | None,
    folds: tuple[int, ...],
    answer: str,
    label: str | None,
    least_auc: float,
    limit: int,
    top: int,
    force: bool,
) -> None:
    """Measures which classes drive each unit of a layer, and lists its top clips.

    Prints the units that separate their class best. The tables hold all units; --class, --least-auc
    and --limit choose the units that are shown.
    """
    from keras_sounddream.reports import units as reports
    from keras_sounddream.reports.dream import page
    from keras_sounddream.reports.units import table

    check_outputs(output, csv_path, json_path, overwrite=force)
    if output:
        page.check_page(output, force)
    from keras_sounddream.datasets.clip_sets import check_class, read_clip_set

    early.check_layers(early.check_model(model_name, weights), [layer])
    clips, labels = _clips(read_clip_set(data), folds)
    check_class(label, labels)
    with quietly():
        from keras_sounddream.training.transfer import units
    model, family = load_model(model_name, weights)
    measured = units.measure_units(
        model, layer, clips, labels, answer=answer, top=top, family=family
    )
    shown = measured.order(label, least_auc, limit)
    if output:
        reports.write_units(measured, output, force, shown)
    if csv_path:
        table.write_table(measured, csv_path, force)
    if json_path:
        write_json(json_path, table.in_words(measured), force)
    for unit in shown:
        best = measured.best[unit]
        area, separation = measured.auc[unit, best], measured.d_prime[unit, best]
        click.echo(f"unit {unit:5d}  AUC {area:.3f}  d' {separation:6.2f}  {labels[best]}")


def _clips(clip_set, folds):
    unknown = [fold for fold in folds if fold not in clip_set.folds]
    if unknown:
        raise InputError(f"Expected folds of {clip_set.folds}. Received: {unknown}")
    clips = [clip for clip in clip_set.clips if not folds or clip.fold in folds]
    return clips, clip_set.labels
