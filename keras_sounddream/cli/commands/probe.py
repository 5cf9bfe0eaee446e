"""`sounddream probe`: accuracy of linear classifiers on the activations of layers."""

from __future__ import annotations

import functools

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    check_outputs,
    clips_option,
    force_option,
    given,
    json_option,
    load_model,
    seed_option,
    table_options,
    weights_option,
    write_json,
)

_CLASSIFIER = {
    "--kind": ("NAME", "Linear classifier: logistic or svm.  [default: logistic]"),
    "--pooling": (
        "NAME",
        "Pooling over time: mean, max, mean+std, mean+max or windows.  [default: mean]",
    ),
    "--protocol": ("NAME", "Published protocol: soundnet, an SVM on windows with a fixed cost."),
}


@click.command()
@click.argument("model_name", metavar="MODEL")
@weights_option
@click.option(
    "--layer",
    "layers",
    multiple=True,
    required=True,
    metavar="NAME",
    help="Layer to probe; can be repeated.",
)
@clips_option
@table_options(_CLASSIFIER)
@click.option(
    "--fold",
    "folds",
    multiple=True,
    type=int,
    help="Fold to measure on; can be repeated.  [default: all]",
)
@seed_option("Seed of the folds, where the data has none.")
@click.option(
    "--cache",
    default="features",
    show_default=True,
    metavar="FOLDER",
    help="Folder where features are stored, to be computed once.",
)
@json_option("Write the accuracies as JSON.")
@force_option()
def command(
    model_name: str,
    weights: str | None,
    layers: tuple[str, ...],
    data: str,
    kind: str | None,
    pooling: str | None,
    protocol: str | None,
    folds: tuple[int, ...],
    seed: int,
    cache: str,
    json_path: str | None,
    force: bool,
) -> None:
    """Fits a linear classifier to the activations of layers, and measures it fold by fold.

    Costs are chosen on the training folds only.
    """
    check_outputs(json_path, overwrite=force)
    from keras_sounddream.datasets.clip_sets import read_clip_set
    from keras_sounddream.training.transfer.linear_classifier import check_kind, find_protocol

    settings = find_protocol(protocol) if protocol else {}
    settings |= given({"kind": kind, "pooling": pooling})
    check_kind(settings.get("kind", "logistic"))
    early.check_layers(early.check_model(model_name, weights), layers)
    listed = early.list_clips(functools.partial(read_clip_set, seed=seed), data)
    for fold in folds if listed else ():
        listed.part(fold)
    model, family = load_model(model_name, weights)
    from keras_sounddream.training.transfer import linear_probe
    from keras_sounddream.training.transfer.activations import check_layers

    check_layers(model, layers)
    figures = {}
    for layer in dict.fromkeys(layers):
        result = linear_probe.probe(
            model,
            layer,
            data,
            folds=list(dict.fromkeys(folds)) or None,
            seed=seed,
            cache=cache,
            family=family,
            **settings,
        )
        accuracies = " ".join(f"{accuracy:.1%}" for accuracy in result.accuracies)
        spread = f" ± {result.spread:.2%}  " if len(result.folds) > 1 else ""
        click.echo(f"{layer:24} {result.mean:7.2%}{spread} {accuracies}")
        figures[layer] = {
            "mean": result.mean,
            "spread": result.spread if len(result.folds) > 1 else None,
            "folds": dict(zip(map(str, result.folds), result.accuracies, strict=True)),
            "costs": [cost for _, cost in result.chosen],
            "confusion": result.confusion.tolist(),
        }
    if json_path:
        write_json(json_path, {"labels": list(result.labels), "layers": figures}, force)
