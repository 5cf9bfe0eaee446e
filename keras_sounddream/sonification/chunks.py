"""What is long, cut into strips whose answers are those of the whole."""

import dataclasses
import math

from keras_sounddream.deepdream.network.receptive_field import reaches


@dataclasses.dataclass(frozen=True)
class Strip:
    """A part of the input along one axis.

    Attributes:
        start: int, first sample or pixel.
        stop: int, the one after the last.
        kept: dict from layer to `(first, last, place)`: which of its answers to the strip count,
            and where among those to the whole they belong; `last` is `None` for all that follow.
        missing: dict from layer to how many answers the whole has more than the strip.
    """

    start: int
    stop: int
    kept: dict
    missing: dict


def cut_strips(model, layers, whole, axis, length):
    """Cuts an axis of the input into strips, with margins as wide as layers reach.

    Args:
        model: `keras.Model`, functional.
        layers: list of str.
        whole: int, samples or pixels along the axis.
        axis: int, 0 for time or rows, 1 for columns.
        length: int, samples or pixels of a strip, if the margins allow.

    Returns:
        list of `Strip`; one of the whole if that is no longer, if a layer depends on all of it, or
        if the model takes no other length.
    """
    alone = [Strip(0, whole, dict.fromkeys(layers, (0, None, 0)), dict.fromkeys(layers, 0))]
    if whole <= length or model.inputs[0].shape[1 + axis] is not None:
        return alone
    found = reaches(model, axis)
    found = {name: found[name] for name in layers}
    if any(reach is None or reach.field == math.inf for reach in found.values()):
        return alone
    return _cut(found, whole, length)


def _cut(found, whole, length):
    from keras_sounddream.deepdream.ascent.tiles import Cut

    before = max(0, *(reach.before for reach in found.values()), 0)
    after = max(0, *(reach.after for reach in found.values()), 0)
    jump = math.lcm(*(reach.jump for reach in found.values()))
    cut = Cut(max(length, 2 * (before + after) + jump), before, after, jump)
    size = int(cut.tile_length(whole))
    missing = {name: (whole - size) // reach.jump for name, reach in found.items()}
    strips = []
    for index in range(int(cut.count(whole))):
        start, core_start, core_end = (int(value) for value in cut.place(index, whole))
        kept = {}
        for name, reach in found.items():
            first = max(0, math.ceil((core_start - start) / reach.jump))
            last = None if core_end > whole else math.ceil((core_end - start) / reach.jump)
            kept[name] = first, last, first + start // reach.jump
        strips.append(Strip(start, start + size, kept, missing))
    return strips
