"""`sounddream probe`: how well a layer tells classes apart."""

import click

from keras_sounddream.cli.options.common import check_outputs, load_model, write_json


@click.command()
@click.argument("model_name", metavar="MODEL")
@click.option("--weights", metavar="KEY|FILE", help="Key of pretrained weights, or a file.")
@click.option(
    "--layer", "layers", multiple=True, required=True, metavar="NAME", help="Can be repeated."
)
@click.option(
    "--data",
    required=True,
    metavar="FOLDER|NAME",
    help="ESC-10, ESC-50, or a folder a class; or a data set of TFDS that is built.",
)
@click.option("--kind", metavar="NAME", help="logistic or svm.  [default: logistic]")
@click.option(
    "--pooling",
    metavar="NAME",
    help="Over time: mean, max, mean+std, mean+max or windows.  [default: mean]",
)
@click.option("--protocol", metavar="NAME", help="soundnet: SVM on windows, nothing chosen.")
@click.option(
    "--fold", "folds", multiple=True, type=int, help="To measure on; can be repeated.  [all]"
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of folds that are drawn."
)
@click.option(
    "--cache",
    default="features",
    show_default=True,
    metavar="FOLDER",
    help="Where features are kept, to be computed once.",
)
@click.option("--json", "json_path", metavar="FILE", help="Write what was found as JSON.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
def command(
    model_name, weights, layers, data, kind, pooling, protocol, folds, seed, cache, json_path, force
):
    """Fits a linear classifier to what layers answer, and measures it fold by fold.

    Costs are chosen by the folds that are fitted to; the one that is measured on chooses nothing.
    """
    check_outputs(json_path, overwrite=force)
    model, family = load_model(model_name, weights)
    from keras_sounddream.training.transfer import linear_probe
    from keras_sounddream.training.transfer.activations import check_layers

    check_layers(model, layers)
    settings = linear_probe.find_protocol(protocol) if protocol else {}
    settings |= {name: x for name, x in (("kind", kind), ("pooling", pooling)) if x is not None}
    found = {}
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
        each = " ".join(f"{accuracy:.1%}" for accuracy in result.accuracies)
        spread = f" ± {result.spread:.2%}  " if len(result.folds) > 1 else ""
        click.echo(f"{layer:24} {result.mean:7.2%}{spread} {each}")
        found[layer] = {
            "mean": result.mean,
            "spread": result.spread if len(result.folds) > 1 else None,
            "folds": dict(zip(map(str, result.folds), result.accuracies, strict=True)),
            "costs": [cost for _, cost in result.chosen],
            "confusion": result.confusion.tolist(),
        }
    if json_path:
        write_json(json_path, {"labels": list(result.labels), "layers": found}, force)
