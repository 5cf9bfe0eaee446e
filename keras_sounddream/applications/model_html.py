"""HTML of a model in a notebook: its rate, its classes, its size."""

from typing import Any

from keras_sounddream import display

_MOST_NAMES = 12  # of classes that are written out


def to_html(model: Any) -> str:
    """HTML of an `AudioModel`, of bounded size."""
    return display.titled(model.name, display.facts(_facts(model)))


def _facts(model):
    rate = model.sample_rate
    lengths = model.lengths or {}
    return {
        "takes": ", ".join(f"{each.name} {_shape(each.shape)}" for each in model.inputs),
        "outputs": ", ".join(_shape(each.shape) for each in model.outputs),
        **({"sample rate": f"{rate:,} Hz"} if rate else {}),
        **({"shortest sound": f"{lengths['min_seconds']:g} s"} if "min_seconds" in lengths else {}),
        **_classes(model.labels),
        "layers": str(len(model.layers)),
        "parameters": f"{model.count_params():,}",
    }


def _shape(shape):
    return f"({', '.join('any' if size is None else str(size) for size in shape)})"


def _classes(labels):
    """A row per list of classes: how many, and the first of them."""
    named = labels if isinstance(labels, dict) else {"classes": labels}
    return {
        name: f"{len(words)}: {', '.join(words[:_MOST_NAMES])}"
        + (", …" if len(words) > _MOST_NAMES else "")
        for name, words in named.items()
        if words
    }
