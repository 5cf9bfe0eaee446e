"""`sounddream classify`: what a sound is."""

import click

from keras_sounddream.cli.options.common import check_outputs, load_model, model_options, write_json


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="IN…")
@model_options
@click.option("--top", default=5, show_default=True, type=click.IntRange(1), help="Labels to name.")
@click.option("--json", "json_path", metavar="FILE", help="Write the scores as JSON.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
def command(inputs, model_name, weights, top, json_path, force):
    """Names the likeliest classes of sounds."""
    check_outputs(json_path, overwrite=force)
    model, family = load_model(model_name, weights)
    from keras_sounddream.applications import classify

    results = {}
    for path in inputs:
        results[path] = classify.classify_file(model, path, top, family)
        click.echo(path)
        for _, label, score in results[path]:
            click.echo(f"  {score:6.1%}  {label}")
    if json_path:
        named = {
            path: [{"label": label, "score": score} for _, label, score in best]
            for path, best in results.items()
        }
        write_json(json_path, named, force)
