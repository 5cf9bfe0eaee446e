"""`sounddream classify`: the likeliest classes of sounds."""

from __future__ import annotations

from typing import Any

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    COUNT,
    check_outputs,
    force_option,
    json_option,
    load_model,
    model_options,
    write_json,
)
from keras_sounddream.cli.options.each_file import FAILED, each_file, none_readable
from keras_sounddream.errors import visible


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="IN…")
@model_options
@click.option("--top", default=5, show_default=True, type=COUNT, help="Number of classes to name.")
@click.option(
    "--per-step",
    is_flag=True,
    help="Name the classes of each time step, too: of the model's own, or else of windows of its "
    "least length, at least a second.",
)
@json_option("Write the scores as JSON.")
@force_option("Replace files that exist.")
def command(
    inputs: tuple[str, ...],
    model_name: str,
    weights: str | None,
    top: int,
    per_step: bool,
    json_path: str | None,
    force: bool,
) -> int:
    """Names the likeliest classes of sounds.

    A file that cannot be read is named on standard error, the others are classified, and the exit
    code is 2.
    """
    check_outputs(json_path, overwrite=force)
    if none_readable(early.check_model(model_name, weights), inputs):
        return FAILED
    model, family = load_model(model_name, weights)
    from keras_sounddream.applications import classify

    classify.check_scoring(model)
    results: dict[str, Any] = {}

    def work(path):
        scores = classify.score_file(model, path, family, by_step=per_step)
        results[path] = _as_json(scores, top, per_step)
        return "\n".join([visible(path), *_lines(scores, top, per_step)])

    code = each_file(inputs, work)
    if json_path and results:
        write_json(json_path, results, force)
    return code


def _lines(scores, top, per_step):
    """Text of the scores of one file, output by output."""
    lines = []
    for name, one in scores.items():
        indent = "  " if name is None else "    "
        lines += [] if name is None else [f"  {name}"]
        lines += [f"{indent}{_number(score)}  {label}" for _, label, score in one.best(top)]
        for start, end, best in one.best_of_steps(top) if per_step else ():
            named = ", ".join(f"{label} {_number(score).strip()}" for _, label, score in best)
            lines.append(f"{indent}{start:.2f} to {end:.2f} s: {named}")
    return lines


def _number(score):
    """A share in percent; a score that is none as it is."""
    return f"{score:6.1%}" if 0 <= score <= 1 else f"{score:6.3g}"


def _as_json(scores, top, per_step):
    """The scores of one file as `json.dumps` takes them: of several outputs, by their names."""
    whole = {name: _named(one.best(top)) for name, one in scores.items()}
    if not per_step:
        return whole.get(None, whole)
    steps = {
        name: [
            {"start": round(start, 6), "end": round(end, 6), "scores": _named(best)}
            for start, end, best in one.best_of_steps(top)
        ]
        for name, one in scores.items()
    }
    return {"scores": whole.get(None, whole), "steps": steps.get(None, steps)}


def _named(best):
    return [{"label": label, "score": score} for _, label, score in best]
