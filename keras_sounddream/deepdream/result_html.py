"""HTML of a dream's result in a notebook: before and after, and its measurements."""

from typing import Any

from keras_sounddream import display


def to_html(result: Any) -> str:
    """HTML of the first example of a `DreamResult`, of bounded size."""
    views = {"before": result.source[0], "after": result.dream[0]}
    if result.waveform is None:
        shown = display.picture_figures(views)
    else:
        shown = display.sound_figures(views, result.sample_rate)
    return display.titled(_title(result), shown, display.facts(_facts(result)))


def _title(result):
    count = len(result.dream)
    return f"Dream of {result.name}" + (f" (the first of {count})" if count > 1 else "")


def _facts(result):
    figures = result.figures()
    formats = {"gain": "{:.1f} times", "retained": "{:.0%} of the rise", "lost": "{:.1%}"}
    named = {
        name: text.format(figures[name])
        for name, text in formats.items()
        if figures.get(name) is not None
    }
    return {**named, "steps": str(figures["steps"]), "time": f"{figures['seconds']:.1f} s"}
