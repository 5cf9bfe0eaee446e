"""Gradients of long sounds and large pictures, tile by tile, equal to the untiled gradients.

Each tile is read with a halo as wide as the receptive field of the objective's layers, and counts
only the outputs in its core; the cores partition the input. Tiles start at multiples of the
network's strides, and their lengths leave the input's remainder, so that "same" padding agrees.
"""

import dataclasses
import math
import warnings
from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream.deepdream.ascent import tracing
from keras_sounddream.deepdream.network.receptive_field import Reach, reaches, why_unbounded
from keras_sounddream.deepdream.objectives.objective import Objective
from keras_sounddream.errors import InputError, InputWarning
from keras_sounddream.types import Tensor

_MOST_WORK = 8  # times that of a dream without tiles


@dataclasses.dataclass(frozen=True)
class Cut:
    """Tiles along one axis.

    Attributes:
        length: of a tile with its halo; the remainder by the network's strides is added.
        before: of the halo before the core.
        after: of the halo after the core.
        jump: the starts of tiles are its multiples.
    """

    length: int
    before: int
    after: int
    jump: int

    def span(self, index: Tensor, axis_length: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """`(start, core_start, core_end)` of a tile along an axis: int tensors.

        The first core begins before the first sample, the last ends after the last one.
        """
        step, last = self._step(axis_length), self.count(axis_length) - 1
        start = tf.minimum(index * step, axis_length - self.tile_length(axis_length))
        following = tf.minimum((index + 1) * step, axis_length - self.tile_length(axis_length))
        far = tf.constant(2**30)
        core_start = tf.where(index == 0, -far, start + self.before)
        return start, core_start, tf.where(index == last, far, following + self.before)

    def tile_length(self, axis_length: Tensor) -> Tensor:
        """Length of every tile, with the same remainder by `jump` as `axis_length`: int tensor."""
        return tf.minimum(self.length + (axis_length - self.length) % self.jump, axis_length)

    def count(self, axis_length: Tensor) -> Tensor:
        """Number of tiles along an axis: int tensor."""
        return -(-(axis_length - self.tile_length(axis_length)) // self._step(axis_length)) + 1

    def _step(self, axis_length):
        core = self.tile_length(axis_length) - self.before - self.after
        return tf.maximum(core // self.jump, 1) * self.jump


def plan(
    model: keras.Model, objective: Objective, lengths: Sequence[int], approximate: bool = False
) -> "Tiles":
    """`Tiles` of about some lengths, one per axis, that leave an objective's gradient exact.

    Lengths below that of the halo are raised. With `approximate`, an objective without exact tiles
    is averaged over tiles; without, there is an `InputError`.
    """
    names = [*objective.layers, *objective.logit_layers]
    axes = [reaches(model, axis) for axis in range(len(lengths))]
    unfit = next((n for n in names if any(not _finite(axis[n]) for axis in axes)), None)
    exact = unfit is None and objective.is_local
    if not exact and not approximate:
        reason = why_unbounded(model, unfit) if unfit else "it compares positions"
        raise InputError(
            f"{objective!r} cannot be cut into tiles exactly: {reason}. Dream without tiles, or "
            "with --approximate (approximate=True), which averages the tiles."
        )
    return Tiles(
        tuple(
            _cut(length, [axis[n] for n in names] if exact else [])
            for length, axis in zip(lengths, axes, strict=True)
        ),
        tuple(_jumps(term, axes) for term in objective.terms) if exact else None,
    )


def _finite(reach):
    return reach is not None and reach.field < math.inf


def _cut(length, layer_reaches):
    before = max((reach.before for reach in layer_reaches), default=0)
    after = max((reach.after for reach in layer_reaches), default=0)
    jump = math.lcm(*(reach.jump for reach in layer_reaches))
    before, after = max(before, 0), max(after, 0)
    return Cut(max(length, before + after + jump), before, after, jump)


def _jumps(term, axes):
    return tuple(axis.get(term["layer"], Reach()).jump for axis in axes)


@dataclasses.dataclass(frozen=True)
class Tiles:
    """Scores and gradients of an objective, tile by tile.

    Attributes:
        cuts: one per axis after the batch.
        jumps: for each term of the objective and each axis, samples or pixels from one of its
            scores to the next; `None` to average over tiles.
    """

    cuts: tuple[Cut, ...]
    jumps: tuple[tuple[int, ...], ...] | None

    def advise(self, shape: tuple, spell: Callable[[int], str]) -> None:
        """Warns where most of the work on an input of a shape would be for the halos.

        `spell` names the setting for tiles of a length.
        """
        pairs = list(zip(self.cuts, shape[1:], strict=False))
        work = np.prod([int(cut.count(n)) * int(cut.tile_length(n)) / n for cut, n in pairs])
        if work > _MOST_WORK:
            longest = max(2 * (cut.before + cut.after) for cut, _ in pairs)
            warnings.warn(
                f"These tiles make {work:.0f} times the work of none, nearly all of it for the "
                f"margins that keep them exact. Take larger ones, such as {spell(longest)}, or "
                "approximate=True.",
                InputWarning,
                stacklevel=4,
            )

    def read(
        self,
        score_maps: Callable[[Tensor, Tensor], list[Tensor]],
        image: Tensor,
        source: Tensor,
        normalize: Callable[[Tensor], Tensor] | None = None,
        differentiable: bool = True,
    ) -> Tensor:
        """Score of each example, float32 `(batch,)`, with a gradient that is taken tile by tile.

        Args:
            score_maps: function from a tile and its source to float32 `(batch, *positions)`, one
                per term of the objective.
            image: float32 `(batch, …)`, waveforms or pictures.
            source: of the same shape.
            normalize: function of a tile's gradient, or `None`.
            differentiable: whether the gradient is taken too.
        """
        if not differentiable:
            return self._sum(score_maps, image, source, None, False)[0]

        @tf.custom_gradient
        def tiled(image):
            scores, gradient = self._sum(score_maps, image, source, normalize, True)
            ones = [1] * (len(image.shape) - 1)
            return scores, lambda upstream: gradient * tf.reshape(upstream, (-1, *ones))

        return tiled(image)

    def _sum(self, score_maps, image, source, normalize, differentiable):
        axis_lengths = tf.unstack(tf.shape(image)[1 : 1 + len(self.cuts)])
        counts = [cut.count(length) for cut, length in zip(self.cuts, axis_lengths, strict=True)]

        @tracing.no_inline
        def read_tile(spans, start, size):
            with tf.GradientTape() as tape:
                tile, source_tile = (_slice(x, start, size) for x in (image, source))
                tape.watch(tile)
                scores = self._score(score_maps(tile, source_tile), spans, counts, axis_lengths)
            if not differentiable:
                return scores, tf.zeros_like(tile)
            return scores, tracing.gradient(tape, scores, tile)

        def add(index, scores, total):
            spans = self._spans(index, counts, axis_lengths)
            start, size = self._window([span[0] for span in spans], axis_lengths, image)
            tile_scores, gradient = read_tile(spans, start, size)
            scores = tf.ensure_shape(scores + tile_scores, scores.shape)
            if not differentiable:
                return index + 1, scores, total
            gradient = normalize(gradient) if normalize else gradient
            rest = tf.shape(image) - start - size
            total = total + tf.pad(gradient, tf.stack([start, rest], 1))
            return index + 1, scores, tf.ensure_shape(total, image.shape)

        count = tf.reduce_prod(counts)
        start = tf.constant(0), tf.zeros_like(tf.reshape(image, (tf.shape(image)[0], -1))[:, 0])
        _, scores, total = tf.while_loop(
            lambda i, *_: i < count,
            add,
            (*start, tf.zeros_like(image)),
            parallel_iterations=1,  # or several tiles are held at once
        )
        return scores, total

    def _spans(self, index, counts, axis_lengths):
        """A tile's `Cut.span` on each axis; the last axis goes fastest."""
        indices = []
        for count in reversed(counts):
            indices.insert(0, index % count)
            index = index // count
        return [cut.span(i, n) for cut, i, n in zip(self.cuts, indices, axis_lengths, strict=True)]

    def _score(self, maps, spans, counts, axis_lengths):
        """A tile's contribution to the score of the input."""
        if self.jumps is None:
            return sum(map(_mean, maps)) / tf.cast(tf.reduce_prod(counts), "float32")
        return sum(
            self._core_mean(scores, jumps, spans, axis_lengths)
            for scores, jumps in zip(maps, self.jumps, strict=True)
        )

    def _window(self, starts, axis_lengths, image):
        rest = len(image.shape) - 1 - len(starts)
        lengths = [cut.tile_length(n) for cut, n in zip(self.cuts, axis_lengths, strict=True)]
        size = [tf.shape(image)[0], *lengths, *tf.unstack(tf.shape(image))[-rest:][:rest]]
        return tf.stack([0, *starts, *[0] * rest]), tf.stack(size)

    def _core_mean(self, scores, jumps, spans, axis_lengths):
        """A tile's contribution to the mean of a map over the input."""
        total = tf.cast(tf.reduce_prod(tf.shape(scores)[1:]), "float32")
        for axis, (jump, cut) in enumerate(zip(jumps, self.cuts, strict=True), start=1):
            start, core_start, core_end = spans[axis - 1]
            outputs = tf.shape(scores)[axis]
            position = tf.range(outputs) * jump + start
            inside = (position >= core_start) & (position < core_end)
            shape = [1] * len(scores.shape)
            shape[axis] = -1
            scores = tf.where(tf.reshape(inside, shape), scores, 0.0)
            length = axis_lengths[axis - 1]
            in_whole = outputs + (length - cut.tile_length(length)) // jump
            total *= tf.cast(in_whole, "float32") / tf.cast(outputs, "float32")
        return tf.reduce_sum(scores, axis=tuple(range(1, len(scores.shape)))) / total


def _slice(image, start, size):
    piece = tf.slice(image, start, size)
    channels = image.shape[3:]  # of pictures; a network requires a known number
    return tf.ensure_shape(piece, [None] * (len(image.shape) - len(channels)) + list(channels))


def _mean(scores):
    return tf.reduce_mean(scores, axis=tuple(range(1, len(scores.shape))))
