"""`sounddream fetch`: pretrained weights that do not ship, before they are needed."""

from __future__ import annotations

import click

from keras_sounddream.applications import pretrained
from keras_sounddream.cli.options.each_file import each_file
from keras_sounddream.errors import InputError


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="MODEL...|all")
@click.option("--weights", metavar="KEY", help="Fetch the weights of this key alone.")
def command(names: tuple[str, ...], weights: str | None) -> int:
    """Fetches pretrained weights into Keras's cache folder, and checks them.

    The folder is `models` in KERAS_HOME, by default in ~/.keras. What breaks off goes on from
    there the next time. KERAS_SOUNDDREAM_OFFLINE=1 forbids fetching.
    """
    wanted = {str(each): each for each in _chosen(names, weights)}
    return each_file(list(wanted), lambda text: _fetch(wanted[text], "all" in names))


def _chosen(names, weights):
    """The pretrained weights that are meant."""
    every = pretrained.every_pretrained()
    if "all" in names:
        constructors = {each.constructor for each in every}
    else:
        constructors = {pretrained.find_constructor(name)[0] for name in names}
    found = [each for each in every if each.constructor in constructors]
    for constructor in sorted(constructors) if weights is not None and "all" not in names else ():
        keys = pretrained.PRETRAINED[constructor]
        if weights not in keys:
            raise InputError(
                f"`--weights` of {constructor} must be one of {list(keys)}. Received: {weights!r}"
            )
    return [each for each in found if weights in (None, each.arguments["weights"])]


def _fetch(each, all_of_them):
    """A line that says where the weights are; of all of them, some are to be fetched by hand."""
    if each.ships:
        return f"{each}: ships with the package"
    from keras_sounddream.applications import fetching

    if all_of_them and not each.row["urls"] and not fetching.cached_path(each.row).is_file():
        return f"{each}: {fetching.by_hand(each.row)}"
    path = fetching.fetch(each.row)
    return f"{each}: {path}, {path.stat().st_size / 1e6:.1f} MB"
