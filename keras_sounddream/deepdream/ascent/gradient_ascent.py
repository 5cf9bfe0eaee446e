"""Gradient ascent on the input: builds its state, takes the gradient of the objective, steps."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import keras
import tensorflow as tf

from keras_sounddream.deepdream.ascent import tracing
from keras_sounddream.deepdream.ascent.updates import (
    NORMALIZATIONS,
    SMOOTHINGS,
    KerasOptimizer,
    Momentum,
)
from keras_sounddream.deepdream.network.feature_extractor import FeatureExtractor
from keras_sounddream.deepdream.objectives.objective import Objective
from keras_sounddream.deepdream.settings import Settings
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, Tensor

if TYPE_CHECKING:
    from keras_sounddream.deepdream.params.latent import LatentParam, PixelParam, SpectrogramParam

State: TypeAlias = dict[str, Tensor]


class Operations(NamedTuple):
    """The operations that the loop of an ascent is written against; see `loop.ascend`.

    `begin(source)`, `enter_octave(state, octave)` and `renew(state, octave, done)` give a state;
    `begin_update(variable)` the update rule's slots; `advance(state, slots, octave, done, count,
    weights)` the state and slots after `count` steps, and the objective before each `(count,
    batch)`; `finish(state)` the sound or picture. `score(image, source, weights)` reads the
    objective without a gradient.
    """

    begin: Callable
    enter_octave: Callable
    begin_update: Callable
    renew: Callable
    advance: Callable
    finish: Callable
    score: Callable


class GradientAscent:
    """Gradient ascent of an objective of a network on a parameterised sound or picture.

    Args:
        model: functional, with one input.
        objective: what is maximised; resolved for the model.
        param: what is changed, and how it becomes the network's input.
        settings: of the dream.

    Attributes:
        extractor: `FeatureExtractor` in float32, which measures.
        tiles: `tiles.Tiles`, or `None` where the input is read at once.
        update: `Momentum` or `KerasOptimizer`, the update rule.
        traced: the same `Operations`, each a `tf.function`, for a loop in Python.
    """

    def __init__(
        self,
        model: keras.Model,
        objective: Objective,
        param: "SpectrogramParam | PixelParam | LatentParam",
        settings: Settings,
    ):
        self.objective, self.param, self.settings = objective, param, settings
        extractor = functools.partial(
            FeatureExtractor, model, objective, param.preprocess, transform=param.transform
        )
        self.extractor = self._quick_extractor = extractor()
        if settings.precision != "float32":
            self._quick_extractor = extractor(precision=settings.precision)
        self.tiles = None
        if all(param.tile_lengths):
            from keras_sounddream.deepdream.ascent import tiles

            self.tiles = tiles.plan(model, objective, param.tile_lengths, settings.approximate)
        self._normalize = _function(NORMALIZATIONS, settings.normalization)
        self._smooth = _function(SMOOTHINGS, settings.smoothing)
        self._isolated_gradient = tracing.no_inline(self.gradient)
        self.use(None)

    def use(self, optimizer: KerasOptimizer | None) -> None:
        """Chooses the update rule, `None` for plain ascent; the graphs hold it and are new."""
        self.update = optimizer or self.momentum(self.settings.step_size)
        trace, plain = tracing.trace, self.operations()
        # an optimizer needs static shapes
        advance = trace(plain.advance, relax_shapes=optimizer is None)
        self.traced = Operations(
            begin=trace(plain.begin),
            enter_octave=trace(plain.enter_octave),
            begin_update=self.update.begin,
            renew=trace(plain.renew),
            advance=advance,
            finish=trace(plain.finish),
            score=trace(plain.score),
        )

    def momentum(self, step_size: Tensor) -> Momentum:
        """Plain ascent by steps of so many dB, or levels of a pixel."""
        return Momentum(self.param.step_size(step_size), self.settings.momentum)

    def operations(
        self, update: Momentum | KerasOptimizer | None = None, steps: Tensor | None = None
    ) -> Operations:
        """The operations within a graph, with another update rule or steps per octave if given."""
        update = update or self.update
        steps = self.settings.steps if steps is None else steps
        return Operations(
            begin=self.param.begin,
            enter_octave=self.enter_octave,
            begin_update=update.begin,
            renew=self.renew,
            advance=functools.partial(self.advance, update, steps),
            finish=self.param.finish,
            score=self.measure,
        )

    def enter_octave(self, state: State, octave: Tensor) -> State:
        """State at the start of an octave."""
        return self.param.enter_octave(state, octave, self.param.grid(octave))

    def renew(self, state: State, octave: Tensor, done: Tensor) -> State:
        """State at the start of a round; before the very first step it is new already."""
        renew = self.param.renew
        if renew is None:
            return state
        is_new = tf.logical_and(octave == 0, done == 0)
        return tf.cond(is_new, lambda: state, lambda: renew(state))

    def advance(
        self,
        update: Momentum | KerasOptimizer,
        steps: Tensor,
        state: State,
        slots: tuple,
        octave: Tensor,
        done: Tensor,
        count: Tensor,
        weights: Tensor | None = None,
    ) -> tuple[State, tuple, Tensor]:
        """Makes `count` steps of an octave after `done`: `(state, slots, scores)`."""
        kernels, grid = self._quick_extractor.kernels(), self.param.grid(octave)
        last = tf.cast(tf.maximum(steps - 1, 1), "float32")

        def step(i, variable, slots, history):
            now = {**state, "variable": variable}
            number = octave * steps + done + i
            gradient, scores = self._isolated_gradient(now, number, kernels, weights)
            progress = tf.cast(done + i, "float32") / last
            variable, slots = self.follow(update, now, gradient, slots, grid, progress)
            return i + 1, variable, slots, history.write(i, scores)

        history = tf.TensorArray("float32", size=count, element_shape=(None,))
        _, variable, slots, history = tf.while_loop(
            lambda i, *_: i < count,
            step,
            (tf.constant(0), state["variable"], slots, history),
            parallel_iterations=1,
        )
        return {**state, "variable": variable}, slots, history.stack()

    def gradient(
        self, state: State, step: Tensor, kernels: list, weights: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Gradient of the objective by the state's variable, and the objective `(batch,)`."""
        with tf.GradientTape() as tape:
            tape.watch(state["variable"])
            scores = self.moved_score(state, step, kernels, weights)
        return tracing.gradient(tape, scores, state["variable"]), scores

    def follow(
        self,
        update: Momentum | KerasOptimizer,
        state: State,
        gradient: Tensor,
        slots: tuple,
        grid: tuple,
        progress: Tensor,
    ) -> tuple[Tensor, tuple]:
        """One step along a gradient: octave's grid, smoothing, normalisation, update, limit."""
        gradient = self.param.coarsen(gradient, grid)
        first, last = self.settings.smoothing_width
        gradient = self._smooth(gradient, first + (last - first) * progress)
        variable, slots = update.step(state["variable"], self._normalize(gradient), slots)
        return self.param.project(variable, state), slots

    def moved_score(
        self, state: State, step: Tensor, kernels: list, weights: Tensor | None
    ) -> Tensor:
        """Objective `(batch,)` of what a state makes, after the random transforms of a step."""
        image = moved = self.move(self.param.make(state), step)
        if self.extractor.needs_source:
            image = self.move(self.param.source(state), step)
        return self._read(self._quick_extractor, moved, image, kernels, weights)

    def move(self, image: Tensor, step: Tensor) -> Tensor:
        """Sound or picture after the random transforms of a step."""
        settings, param = self.settings, self.param
        if param.most_shift:
            image = param.move(image, self.shift(step))
        if settings.scale:
            from keras_sounddream.deepdream.params.transforms import stretch

            image = stretch(image, settings.scale, settings.seed, step)
        for number, transform in enumerate(settings.transforms, start=1):
            image = tf.cast(transform(image, tf.stack([settings.seed + number, step])), "float32")
        return image

    def shift(self, step: Tensor) -> Tensor:
        """Random shift of a step along each axis: int32 `(axes,)`."""
        most, axes = self.param.most_shift, len(self.param.shift_axes)
        seed = tf.stack([self.settings.seed, step])
        return tf.random.stateless_uniform((axes,), seed, -most, most + 1, "int32")

    def moves(self, image: Tensor, weights: Tensor | None) -> bool:
        """Whether there is a gradient at the input, for every example."""
        state = self.traced.enter_octave(self.traced.begin(image), tf.constant(0))
        kernels = self._quick_extractor.kernels()
        gradient, _ = self._isolated_gradient(state, tf.constant(0), kernels, weights)
        axes = list(range(1, len(gradient.shape)))
        return bool(tf.reduce_all(tf.reduce_max(tf.abs(gradient), axes) > 0))

    def score(
        self,
        image: Tensor,
        source: Tensor,
        weights: Tensor | None = None,
        differentiable: bool = True,
    ) -> Tensor:
        """Objective `(batch,)` of sounds or pictures; of tiles, a gradient doubles the cost."""
        kernels = self.extractor.kernels()
        return self._read(self.extractor, image, source, kernels, weights, differentiable)

    def measure(self, image: Tensor, source: Tensor, weights: Tensor | None = None) -> Tensor:
        """Objective `(batch,)` of sounds or pictures, of which no gradient is taken."""
        return self.score(image, source, weights, differentiable=False)

    def step(
        self, image: Tensor, number: Tensor, step_size: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """A single step at the finest octave: `(dream, objective)`."""
        update = self.update if step_size is None else self.momentum(step_size)
        finest = tf.constant(1.0), tf.constant(1.0)
        state = self.param.enter_octave(self.param.begin(image), tf.constant(0), finest)
        kernels = self._quick_extractor.kernels()
        gradient, scores = self._isolated_gradient(state, number, kernels, None)
        slots = update.begin(state["variable"])
        progress = tf.constant(0.0)
        variable, _ = self.follow(update, state, gradient, slots, finest, progress)
        return self.param.finish({**state, "variable": variable}), scores

    def check(self, image: Array) -> Array:
        """Checks sounds or pictures to dream on: float32 with a batch axis.

        Raises:
            InputError: if they cannot be dreamed on, or are too small for a layer.
        """
        image = self.param.check(image)
        smallest = self.param.smallest_input(image.shape)
        if (layer := self.extractor.first_empty(smallest)) is not None:
            least = self.extractor.least_length(layer, smallest)
            raise InputError(self.param.too_small(image.shape, layer, least))
        if self.tiles is not None:
            self.tiles.advise(image.shape, self.param.larger_tiles)
        return image

    def factors(self, weights: Tensor | None) -> list[Tensor]:
        """Weight of each term for each example: float32 `(batch,)` or `(1,)`."""
        own = [tf.constant([float(weight)]) for weight in self.extractor.weights]
        if weights is None:
            return own
        columns = tf.unstack(weights, num=len(own), axis=1)
        return [factor * column for factor, column in zip(own, columns, strict=True)]

    def _read(self, extractor, image, source, kernels, weights, differentiable=True):
        factors = self.factors(weights)

        def score_maps(image, source):
            maps = extractor.score_maps(image, source, kernels)
            return [
                scores * tf.reshape(factor, (-1, *[1] * (len(scores.shape) - 1)))
                for scores, factor in zip(maps, factors, strict=True)
            ]

        if self.tiles is None:
            maps = score_maps(image, source)
            return sum(tf.reduce_mean(m, axis=list(range(1, len(m.shape)))) for m in maps)
        normalize = self._normalize if self.settings.normalize_over == "tile" else None
        return self.tiles.read(score_maps, image, source, normalize, differentiable)


def _function(registry, chosen):
    return registry[chosen] if isinstance(chosen, str) else chosen
