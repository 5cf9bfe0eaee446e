"""The page of `sounddream generate`: a sound for every label and checkpoint."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Sequence
from typing import Any

import click

from keras_sounddream.cli.options.common import quietly
from keras_sounddream.cli.options.wavenet_model import known_conditions, load_wavenet
from keras_sounddream.errors import InputError
from keras_sounddream.generation.condition_labels import name_labels
from keras_sounddream.progress import TracingBar

_SUFFIXES = (".npz", ".weights.h5")


def write(
    all_weights: Sequence[str],
    checkpoints: Sequence[str],
    labels: Sequence[str],
    seconds: float,
    prime: str | None,
    output: str,
    force: bool,
    settings: dict[str, Any],
) -> None:
    """Generates a sound for each label and checkpoint, and writes the page.

    The rows are the labels of the condition of which most are given, and the columns the networks
    of `all_weights`, or `checkpoints` of the first of them.

    Raises:
        InputError: if a file does not fit, or a label is unknown.
    """
    if settings.pop("save_every", None) is not None:
        raise InputError("--save-every is for one OUT.wav. Leave it out for a page.")
    files = [path for checkpoint in checkpoints for path in _files(checkpoint)]
    if files and len(all_weights) > 1:
        raise InputError("--checkpoint is for one network. Give --weights once.")
    known = known_conditions(all_weights[0])
    if known is not None:
        _rows(labels, known)
    with quietly():
        from keras_sounddream.audio import io
        from keras_sounddream.reports.sound_grid import write_matrix
    first = load_wavenet(all_weights[0])
    rate, rows, cells = first.sample_rate, _rows(labels, first.conditions), {}
    if prime is not None:
        settings["prime"] = io.load(prime, rate)
    columns = _with_weights(first, files) if files else _networks(first, all_weights)
    total = len(rows) * len(files or all_weights)
    with TracingBar("generate", total=total, unit=" sounds", leave=False) as bar:
        for column, model in columns:
            for row, cell in _sounds(model, rows, seconds, settings):
                cells[row, column] = cell
                bar.update()
    write_matrix(cells, output, rate, overwrite=force)
    click.echo(f"{output}: {len(cells)} sounds of {seconds:g} s, seed {settings['seed']}")


def _with_weights(model, files):
    """Yields the name of each file of weights, and the network with them."""
    from keras_sounddream.applications import weights as weight_files

    for path, title in zip(files, _titles(files), strict=True):
        weight_files.load(model, weight_files.pretrained_path(path, {}))
        yield title, model


def _networks(first, all_weights):
    """Yields the name of each network, and the network; all have the first one's rate."""
    for weights, title in zip(all_weights, _titles(all_weights), strict=True):
        model = first if weights == all_weights[0] else load_wavenet(weights)
        if model.sample_rate != first.sample_rate:
            raise InputError(
                f"Expected networks of {first.sample_rate} Hz. {weights}: {model.sample_rate}."
            )
        yield title, model


def _titles(paths):
    """Titles of columns: names of files, or whole paths where two names are the same."""
    names = [pathlib.Path(path).name for path in paths]
    for suffix in (*_SUFFIXES, ".keras"):
        names = [name.removesuffix(suffix) for name in names]
    return names if len(set(names)) == len(names) else [str(path) for path in paths]


def _sounds(model, rows, seconds, settings):
    """Yields each row's title, with its sound and the seconds that it took."""
    from keras_sounddream import generate

    sample = 1 / model.sample_rate  # compiles what the others take
    generate(model, sample, conditions=next(iter(rows.values())), **settings)
    for row, conditions in rows.items():
        start = time.perf_counter()
        sound = generate(model, seconds, conditions=conditions, **settings)
        yield row, (sound[0], time.perf_counter() - start)


def _files(path):
    path = pathlib.Path(path)
    if not path.is_dir():
        return [str(path)]
    files = sorted(str(file) for file in path.iterdir() if file.name.endswith(_SUFFIXES))
    if not files:
        raise InputError(f"The folder {path} holds no weights, {' or '.join(_SUFFIXES)}.")
    return files


def _rows(labels, conditions):
    """A dict from the title of a row to its conditions; by default all labels of the first."""
    if not conditions:
        return {"sound": name_labels(labels, conditions)}
    chosen = {name: [] for name in conditions}
    for label in labels:
        ((name, known_label),) = name_labels([label], conditions).items()
        chosen.setdefault(name, []).append(known_label)
    several = max(chosen, key=lambda name: len(chosen[name]))
    if not chosen[several] or all(len(names) == 1 for names in chosen.values() if names):
        several = next((name for name in conditions if not chosen[name]), several)
        chosen[several] = chosen[several] or list(conditions[several])
    others = {name: names for name, names in chosen.items() if name != several}
    for name, names in others.items():
        if len(names) != 1:
            known = ", ".join(conditions.get(name, ())[:12])
            raise InputError(f"Expected one label of {name!r} for a page. There are: {known}.")
    return {label: {**others, several: [label]} for label in chosen[several]}
