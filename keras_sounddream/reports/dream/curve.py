"""The curve of the objective over the steps, as an SVG inside a page."""

from html import escape

import numpy as np

from keras_sounddream.types import Array

_WIDTH, _HEIGHT = 560, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 14, 46


def draw(objective: Array, real: float | None, name: str) -> str:
    """An SVG of the objective `(steps,)`, with that of the output, `real`, as a dotted line."""
    objective = np.asarray(objective, "float64")
    shown = [*objective, *([] if real is None else [real])]
    shown = [value for value in shown if np.isfinite(value)] or [0.0]
    low, high = _bounds(min(shown), max(shown))
    last = max(1, len(objective) - 1)

    def across(step):
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * step / last

    def up(value):
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * (value - low) / (high - low)

    points = [
        (across(step), up(value)) for step, value in enumerate(objective) if np.isfinite(value)
    ]
    parts = [*_grid(low, high, last, across, up), *_line(points)]
    if real is not None and np.isfinite(real):
        parts.append(_segment("real", _LEFT, up(real), _WIDTH - _RIGHT, up(real)))
        parts.append(_text(_LEFT + 6, up(real) + 16, "start", "in the finished dream"))
    label = f"{name}: from {objective[0]:.3g} at the first step to {objective[-1]:.3g} at the last"
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label)}">'
        f"{''.join(parts)}</svg>"
    )


def _bounds(low, high):
    low = min(low, 0.0) if low > -0.2 * abs(high) else low  # from 0, if that is near
    room = 0.06 * (high - low) or 1.0
    return low, high + room


def _grid(low, high, last, across, up):
    from matplotlib.ticker import MaxNLocator

    for value in MaxNLocator(5).tick_values(low, high):
        if low <= value <= high:
            yield _segment("axis", _LEFT, up(value), _WIDTH - _RIGHT, up(value))
            yield _text(_LEFT - 8, up(value) + 4, "end", f"{value:g}")
    for step in MaxNLocator(8, integer=True).tick_values(0, last):
        if 0 <= step <= last:
            yield _text(across(step), _HEIGHT - _BOTTOM + 19, "middle", f"{step:g}")
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    yield _text(middle, _HEIGHT - 6, "middle", "step")
    turned = f'transform="rotate(-90 14 {_HEIGHT / 2 - 16:g})"'
    yield _text(14, _HEIGHT / 2 - 16, "middle", "objective", turned)


def _line(points):
    if len(points) > 1:
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        yield f'<polyline class="curve" points="{corners}"/>'
    elif points:
        yield f'<circle cx="{points[0][0]:.1f}" cy="{points[0][1]:.1f}" r="4"/>'


def _segment(kind, x1, y1, x2, y2):
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x, y, anchor, words, more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{words}</text>'
