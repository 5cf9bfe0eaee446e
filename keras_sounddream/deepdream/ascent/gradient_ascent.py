"""The way up: how a dream's state is made, read, and followed along its gradient."""

import tensorflow as tf

from keras_sounddream.audio.spectral.phase import db_to_nepers
from keras_sounddream.audio.spectral.stft import by_fft
from keras_sounddream.deepdream.ascent import tiles
from keras_sounddream.deepdream.ascent.tracing import apart, trace_dynamic_shape
from keras_sounddream.deepdream.ascent.updates import NORMALIZATIONS, SMOOTHINGS, Momentum
from keras_sounddream.deepdream.network.feature_extractor import Network
from keras_sounddream.deepdream.params import octaves, transforms
from keras_sounddream.deepdream.params.pixels import Picture
from keras_sounddream.deepdream.params.spectrogram import Sound

REFRESH_STEPS = 10  # the phase is taken anew from the waveform after so many steps


class Climb:
    """What a `DeepDream` ascends by; it follows from the model, the objective and the settings.

    Args:
        dream: `DeepDream`, whose settings, model, objective and analysis are settled.

    Attributes:
        canvas: `Sound` or `Picture`, that is changed.
        network: `Network`, that the objective is read off.
        updater: `Momentum` or `KerasOptimizer`, that follows the gradient.
        tiles: `tiles.Tiles`, or `None` where all is read at once.
        traced: dict of the methods by name, as graphs.
    """

    def __init__(self, dream):
        settings = self.settings = dream.settings
        self._objective, self._of_pictures = dream.objective, dream.of_pictures
        if dream.of_pictures:
            self.canvas = Picture(
                settings.roll_pixels, settings.source_mix, settings.keep_source_detail
            )
            cut = [settings.tile_pixels] * 2
        else:
            roll = round(settings.roll_seconds * dream.sample_rate)
            ways = settings.parameterization, settings.mask_db, roll, settings.source_mix
            self.canvas = Sound(dream.analysis, *ways)
            cut = [round(settings.tile_seconds * dream.sample_rate)]
        read = dream.model, dream.objective, dream.model_input
        self.network = self._quick_network = Network(*read)
        if settings.precision != "float32":  # by which the way up is found
            self._quick_network = Network(*read, settings.precision)
        self.tiles = None
        if all(cut):
            self.tiles = tiles.plan(dream.model, dream.objective, cut, settings.approximate)
        self.follow()

    def follow(self, updater=None):
        """Chooses what follows the gradient; the graphs hold it, so they are made anew.

        Args:
            updater: `KerasOptimizer`, or `None` for plain ascent.
        """
        self.updater = updater or self.momentum(self.settings.step_size)
        methods = (self.begin, self.enter, self.renew, self.advance, self.finish)
        trace = trace_dynamic_shape if self._of_pictures else _trace
        self.traced = {method.__name__: trace(method) for method in methods}
        self.traced["read_only"] = _trace(self.read_only)
        if updater is not None:  # an optimizer wants shapes
            self.traced["advance"] = _trace(self.advance, loosely=False)

    def momentum(self, step_size):
        """Plain ascent by steps of so many dB or levels of a pixel."""
        step_size = step_size if self._of_pictures else db_to_nepers(step_size)
        return Momentum(step_size, self.settings.momentum)

    def step(self, waveform, place, step_size):
        """Makes one step, as `DeepDream.step`."""
        updater = self.updater if step_size is None else self.momentum(step_size)
        finest = tf.constant(1.0), tf.constant(1.0)
        state = self.enter(self.begin(waveform), tf.constant(0), *finest)
        slots = updater.begin(state["variable"])
        state, _, scores = self.advance_by(updater, 1, state, slots, finest, (place, 0, 1), None)
        return self.finish(state), scores[0]

    def read(self, image, source, weights, differentiable=True):
        """Reads the objective, as `DeepDream.read`."""
        with by_fft():
            values = self.network.values()
            return self._score(image, source, self.network, values, weights, differentiable)

    def read_only(self, image, source, weights):
        """Reads the objective where nobody wants a gradient: of tiles it costs twice as much."""
        return self.read(image, source, weights, differentiable=False)

    def begin(self, source):
        with by_fft():
            return self.canvas.begin(source, self.settings.seed)

    def enter(self, state, octave, coarse_time, coarse_frequency):
        canvas = self.canvas
        return canvas.enter_octave(state, octave, coarse_time, coarse_frequency)

    def renew(self, state, octave, done):
        """Takes the phase anew, but before the very first step, when it is new."""
        with by_fft():
            return tf.cond(
                tf.logical_and(octave == 0, done == 0),
                lambda: state,
                lambda: self.canvas.renew(state),
            )

    def advance(
        self, state, slots, coarse_time, coarse_frequency, first, done, count, weights=None
    ):
        ways = self.updater, self.settings.steps
        grid, place = (coarse_time, coarse_frequency), (first, done, count)
        return self.advance_by(*ways, state, slots, grid, place, weights)

    def advance_by(self, updater, steps, state, slots, grid, place, weights):
        """Makes steps of an octave; `place`: seed of the first, how many were made and are now."""
        first, done, count = place
        canvas, settings = self.canvas, self.settings
        values = self._quick_network.values()
        last = tf.cast(tf.maximum(steps - 1, 1), "float32")
        normalize, smooth = NORMALIZATIONS[settings.normalization], SMOOTHINGS[settings.smoothing]
        first_width, last_width = settings.smoothing_width

        @apart
        def climb(variable, place):
            with tf.GradientTape() as tape:
                tape.watch(variable)
                image = canvas.make({**state, "variable": variable})
                source = canvas.source(state)
                scores = self._moved_score(image, source, place, values, weights)
            return tape.gradient(scores, variable, unconnected_gradients="zero"), scores

        def step(i, variable, slots, history):
            gradient, scores = climb(variable, first + i)
            gradient = canvas.draw(gradient, *grid)
            share = tf.cast(done + i, "float32") / last
            gradient = smooth(gradient, first_width + (last_width - first_width) * share)
            variable, slots = updater.step(variable, normalize(gradient), slots)
            return i + 1, canvas.limit(variable), slots, history.write(i, scores)

        with by_fft():
            history = tf.TensorArray("float32", size=count, element_shape=(None,))
            start = (tf.constant(0), state["variable"], slots, history)
            _, variable, slots, history = tf.while_loop(
                lambda i, *_: i < count, step, start, parallel_iterations=1
            )
        return {**state, "variable": variable}, slots, history.stack()

    def finish(self, state):
        with by_fft():
            return self.canvas.finish(state)

    def _moved_score(self, image, source, step, values, weights):
        """Reads the objective off what is moved and stretched at random."""
        settings, canvas = self.settings, self.canvas

        def move(image):
            moved = canvas.move(image, settings.seed, step)
            return transforms.zoom(moved, settings.scale, settings.seed, step)

        source = move(source) if self._objective.needs_source else move(tf.stop_gradient(image))
        network = self._quick_network
        return self._score(move(image), source, network, values, weights)

    def _score(self, image, source, network, values, weights, differentiable=True):
        factors = self.factors(weights)

        def score_maps(image, source):
            maps = network.score_maps(image, source, values)
            return [
                scores * tf.reshape(factor, (-1, *[1] * (len(scores.shape) - 1)))
                for scores, factor in zip(maps, factors, strict=True)
            ]

        if self.tiles is None:
            maps = score_maps(image, source)
            return sum(tf.reduce_mean(m, axis=list(range(1, len(m.shape)))) for m in maps)
        per_tile = self.settings.normalize_over == "tile"
        normalize = NORMALIZATIONS[self.settings.normalization] if per_tile else None
        return self.tiles.read(score_maps, image, source, normalize, differentiable)

    def factors(self, weights):
        """The weight of each term for each example: list of float32 `(batch,)` or `(1,)`."""
        own = [tf.constant([float(term["weight"])]) for term in self._objective.terms]
        if weights is None:
            return own
        columns = tf.unstack(weights, num=len(own), axis=1)
        return [factor * column for factor, column in zip(own, columns, strict=True)]


def grids(settings):
    """Grids of the octaves, as of `octaves.factors`."""
    return octaves.factors(settings.octaves, settings.time_factor, settings.frequency_factor)


def rounds(steps):
    """Steps of each round of an octave: after each, the phase is taken anew.

    Args:
        steps: int.

    Returns:
        list of int.
    """
    return [min(REFRESH_STEPS, steps - done) for done in range(0, steps, REFRESH_STEPS)]


def _trace(method, loosely=True):
    """A graph of a method, without the warning that every further dream is one more trace."""
    traced = tf.function(method, reduce_retracing=loosely)
    traced._omit_frequent_tracing_warning = True
    return traced
