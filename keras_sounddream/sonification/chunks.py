"""Long inputs cut into chunks whose activations are those of the whole."""

import dataclasses
import math
from collections.abc import Sequence

import keras

from keras_sounddream.deepdream.network.receptive_field import reaches


@dataclasses.dataclass(frozen=True)
class Chunk:
    """A part of the input along one axis.

    Attributes:
        start: first sample or pixel.
        stop: the one after the last.
        retained: for each layer `(first, last, frame)`: the range of its activations that counts
            (`last` is `None` for all that follow), and its first frame in the whole.
        missing: for each layer, how many more frames the whole has than the chunk.
    """

    start: int
    stop: int
    retained: dict[str, tuple[int, int | None, int]]
    missing: dict[str, int]


def cut_chunks(
    model: keras.Model, layers: Sequence[str], size: int, axis: int, length: int
) -> list[Chunk]:
    """Chunks of about `length` of an axis (0: time or rows, 1: columns) of `size` samples.

    A single chunk where a layer depends on all of the input, or the model takes no other length.
    """
    single = [Chunk(0, size, dict.fromkeys(layers, (0, None, 0)), dict.fromkeys(layers, 0))]
    if size <= length or model.inputs[0].shape[1 + axis] is not None:
        return single
    reach_of = reaches(model, axis)
    reach_of = {name: reach_of[name] for name in layers}
    if any(reach is None or reach.field == math.inf for reach in reach_of.values()):
        return single
    return _cut(reach_of, size, length)


def _cut(reach_of, size, length):
    from keras_sounddream.deepdream.ascent.tiles import Cut

    before = max(0, *(reach.before for reach in reach_of.values()), 0)
    after = max(0, *(reach.after for reach in reach_of.values()), 0)
    jump = math.lcm(*(reach.jump for reach in reach_of.values()))
    cut = Cut(max(length, 2 * (before + after) + jump), before, after, jump)
    chunk_size = int(cut.tile_length(size))
    missing = {name: (size - chunk_size) // reach.jump for name, reach in reach_of.items()}
    chunks = []
    for index in range(int(cut.count(size))):
        start, core_start, core_end = (int(value) for value in cut.span(index, size))
        retained = {}
        for name, reach in reach_of.items():
            first = max(0, math.ceil((core_start - start) / reach.jump))
            last = None if core_end > size else math.ceil((core_end - start) / reach.jump)
            retained[name] = first, last, first + start // reach.jump
        chunks.append(Chunk(start, start + chunk_size, retained, missing))
    return chunks
