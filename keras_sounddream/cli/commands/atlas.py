"""`sounddream atlas`: a page on which the units of a layer lie in a plane, each with sounds."""

from __future__ import annotations

import pathlib

import click
from tqdm import tqdm

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    COUNT,
    POSITIVE,
    clips_option,
    counted,
    force_option,
    load_model,
    quietly,
    seed_option,
    weights_option,
)
from keras_sounddream.errors import InputError
from keras_sounddream.files import check_output


@click.command()
@click.argument("model_name", metavar="MODEL")
@weights_option
@click.option("--layer", required=True, metavar="NAME", help="Layer of the units.")
@clips_option
@click.option("-o", "--output", "folder", required=True, metavar="FOLDER", help="Folder to write.")
@click.option(
    "--limit",
    type=COUNT,
    help="Largest number of units: those that separate a class best.  [default: all]",
)
@click.option(
    "--dreams/--no-dreams",
    default=True,
    show_default=True,
    help="Whether to dream a sound from noise for each unit.",
)
@click.option(
    "--seconds", type=POSITIVE, default=1.5, show_default=True, help="Length of these sounds."
)
@seed_option("Seed of the plane and of the noise.")
@force_option("Make sounds again, and replace files, that exist.")
def command(
    model_name: str,
    weights: str | None,
    layer: str,
    data: str,
    folder: str,
    limit: int | None,
    dreams: bool,
    seconds: float,
    seed: int,
    force: bool,
) -> None:
    """Lays the units of a layer out in a plane, by their responses to the clips of --data.

    FOLDER gets index.html and sounds: the moment of each unit's highest response, and what is
    dreamed for it from noise. Sounds that exist are not made again: the work can be interrupted
    and resumed.
    """
    early.check_folder(folder)
    check_page(folder, force)
    from keras_sounddream.datasets.clip_sets import read_clip_set

    known = early.check_model(model_name, weights)
    if known.kind == "picture":
        raise InputError(f"An atlas plays sounds, and {model_name} takes pictures.")
    early.check_layers(known, [layer])
    listed = early.list_clips(read_clip_set, data)
    with quietly():
        from keras_sounddream.reports.units import atlas
        from keras_sounddream.training.states import claim_folder
        from keras_sounddream.training.transfer import unit_map, units
    clip_set = listed or read_clip_set(data)
    model, family = load_model(model_name, weights)
    found = units.measure_units(model, layer, clip_set.clips, clip_set.labels, family=family)
    shown = [int(unit) for unit in found.order() if found.answers[:, unit].std() > 0][:limit]
    if not shown:
        raise InputError(f"No unit of {layer} responds to the clips: choose another layer.")
    settings = {"model": model.name, "weights": str(weights), "layer": layer, "data": str(data)}
    settings |= {"seconds": seconds, "seed": seed}
    claim_folder(folder, settings, replaces=lambda held: force)
    if dreams:
        missing = [
            unit for unit in shown if force or not atlas.dreamed_sound(folder, unit).exists()
        ]
        _dream(model, layer, missing, folder, seconds, seed)
    cells = unit_map.place_units(found.answers[:, shown], seed)
    page = atlas.write_atlas(found, folder, shown, cells, overwrite=True)
    click.echo(f"{page}: {counted(len(shown), 'unit')} of {found.answers.shape[1]}")


def check_page(folder: str, force: bool) -> None:
    """Checks that the page can be written: it may be replaced where the folder is an atlas's."""
    path = pathlib.Path(folder)
    if path.is_dir():
        check_output(path / "index.html", force or (path / "run.json").is_file())


def _dream(model, layer, units, folder, seconds, seed):
    """Dreams sounds for units, and writes each as it comes."""
    from keras_sounddream.audio.layers import find_sample_rate
    from keras_sounddream.deepdream.maximization import maximize_units
    from keras_sounddream.reports.units import atlas

    dreamed = maximize_units(model, layer, units, length=seconds, seed=seed)
    bar = tqdm(dreamed, total=len(units), desc="dream", unit="unit")
    atlas.write_dreams(folder, bar, find_sample_rate(model), overwrite=True)
