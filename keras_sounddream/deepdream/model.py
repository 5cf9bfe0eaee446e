"""DeepDream: changes a sound or a picture until a network answers louder."""

import dataclasses
import time

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from keras_sounddream.audio.io import quantize
from keras_sounddream.audio.phase import db_to_nepers
from keras_sounddream.audio.stft import by_fft
from keras_sounddream.deepdream import batches, model_checks, sources, tiles, transforms
from keras_sounddream.deepdream import octaves as octave_grids
from keras_sounddream.deepdream.ascent import NORMALIZATIONS, SMOOTHINGS, KerasOptimizer, Momentum
from keras_sounddream.deepdream.graph import apart, for_any_size, loose_shape
from keras_sounddream.deepdream.network import Network
from keras_sounddream.deepdream.picture import Picture, preprocess
from keras_sounddream.deepdream.result import DreamResult
from keras_sounddream.deepdream.settings import choose, config_of
from keras_sounddream.deepdream.sound import Sound

_REFRESH_STEPS = 10  # the phase is taken anew from the waveform after so many steps


@keras.saving.register_keras_serializable(package="keras_sounddream")
class DeepDream(keras.Model):
    """Dreams sounds, or pictures: ascends an objective of a network on what it is given.

    Of a sound, the logarithm of the STFT's magnitude is changed; the objective is read off the
    waveform that this spectrogram makes, at the input's loudness, and the gradient is taken
    through the whole way: log-magnitude, inverse STFT, level, front end, network. So what the
    ascent hears is what the file will hold. The ascent goes from coarse to fine: see `octaves`.
    Of a picture, the pixels are changed, at one size after the other.

    Args:
        model: `keras.Model`, functional, that takes waveforms `(batch, samples)` or
            `(batch, samples, 1)`, or pictures `(batch, height, width, 3)`.
        objective: `objectives.Objective`, what to maximise.
        analysis: `Analysis` of the spectrogram that is changed, or the dictionary of one; by
            default that of the model's `LogMelSpectrogram`, with frames that overlap by half at
            least, or 40 ms every 10 ms of a model that has only a `sample_rate`. Pictures have
            none.
        preset: str, a named set of settings: a key of `settings.PRESETS`.
        name: str.
        **settings: of `settings.Settings`, such as `octaves`, `steps`, `step_size` and `seed`.

    Input shape:
        float32 `(batch, samples)`, mono in [-1, 1], at `analysis.sample_rate`; or a dictionary
        with it as `waveform` and optionally `num_samples`, int `(batch,)`, how much of each row is
        sound, `weights`, float32 `(batch, terms)`, a factor for each term of the objective, and
        each example's own `steps`, int `(batch,)`, and `step_size`, float32 `(batch,)`, in place
        of the settings. Or float32 `(batch, height, width, 3)`, pixels in [0, 255], or a
        dictionary with it as `picture` and `weights`.

    Output shape:
        that of the sounds or pictures: the dreams. Sounds are as loud as the inputs, with peaks of
        at most 1, and zero after `num_samples`.

    Raises:
        InputError: if the model lacks a layer or channel of the objective, the sample rate is
            not known, or a setting is out of its range or of the other kind alone.

    Example:
        dream = DeepDream(applications.LogMelCNN(), objectives.layer("block3_conv2"))
        result = dream.run(audio.load("rooster.wav", dream.sample_rate))
    """

    def __init__(self, model, objective, analysis=None, preset=None, name="deep_dream", **settings):
        own = {key: settings.pop(key) for key in ("trainable", "dtype") if key in settings}
        super().__init__(name=name, **own)
        self.of_pictures = model_checks.check_model(model, objective)
        if self.of_pictures:
            settings = model_checks.settle_preprocessing(model, settings)
        self.settings = choose(self.of_pictures, preset, **settings)
        self.model = model
        self.objective = objective.resolved(model)
        self.analysis = model_checks.settle_analysis(model, analysis)
        self.stop_octave = False  # for callbacks to set
        self._prepare()
        self.built = True

    def _prepare(self):
        """Makes what is not saved: it follows from the model, the objective and the settings."""
        settings = self.settings
        if self.of_pictures:
            canvas = Picture(settings.roll_pixels, settings.blend, settings.detail)
            cut = [settings.tile_pixels] * 2
        else:
            roll = round(settings.roll_seconds * self.sample_rate)
            canvas = Sound(self.analysis, settings.way, settings.mask_db, roll, settings.blend)
            cut = [round(settings.tile_seconds * self.sample_rate)]
        network = quick = Network(self.model, self.objective, self.model_input)
        if settings.precision != "float32":
            quick = Network(self.model, self.objective, self.model_input, settings.precision)
        self._untracked = {  # kept from Keras' tracking: layers of the model, under other names
            "canvas": canvas,
            "network": network,
            "quick_network": quick,  # that the way up is found by
        }
        self._plain = self._untracked["updater"] = self._momentum(settings.step_size)
        self._tiles = None
        if all(cut):
            self._tiles = tiles.plan(self.model, self.objective, cut, settings.approximate)
        self._retrace()

    def _retrace(self):
        """Makes the graphs anew, since they hold how the gradient is followed."""
        methods = (self._begin, self._enter, self._renew, self._advance, self._finish)
        trace = for_any_size if self.of_pictures else _trace
        self._traced = {method.__name__: trace(method) for method in methods}
        self._traced["_read_only"] = _trace(self._read_only)
        if not isinstance(self._untracked["updater"], Momentum):  # an optimizer wants shapes
            self._traced["_advance"] = _trace(self._advance, loosely=False)

    def _momentum(self, step_size):
        """Plain ascent by steps of so many dB or levels of a pixel."""
        step_size = step_size if self.of_pictures else db_to_nepers(step_size)
        return Momentum(step_size, self.settings.momentum)

    @property
    def sample_rate(self):
        """Hz, of the waveforms that go in and come out; `None` for pictures."""
        return self.analysis.sample_rate if self.analysis else None

    def compile(self, optimizer=None, **kwargs):
        """Chooses an optimizer of Keras's to follow the gradient with, in place of plain ascent.

        Args:
            optimizer: `keras.optimizers.Optimizer`, or its name; its learning rate is in nepers
                (8.7 dB) of a spectrogram, or levels of a pixel. `None` for plain ascent. It works
                in `run` and in a call, not in `predict`, which does not tell it shapes.
            **kwargs: of `keras.Model.compile`.
        """
        if optimizer is None:
            self._untracked["updater"] = self._plain
        else:
            optimizer = keras.optimizers.get(optimizer)
            self._untracked["updater"] = KerasOptimizer(optimizer)
        self._retrace()
        super().compile(optimizer=optimizer or "sgd", **kwargs)

    def get_compile_config(self):
        """Gives the optimizer, for saving; `None` if there is none."""
        updater = self._untracked["updater"]
        return {"optimizer": updater.config if isinstance(updater, KerasOptimizer) else None}

    def compile_from_config(self, config):
        """Chooses the optimizer that was saved."""
        if config["optimizer"] is not None:
            self.compile(keras.saving.deserialize_keras_object(config["optimizer"]))

    def call(self, inputs):
        image, weights, own = batches.read(inputs, self)
        if not own:
            return self._dream(image, weights)
        count = len(self.objective.terms)
        weights = tf.ones((tf.shape(image)[0], count)) if weights is None else weights
        whole = tf.repeat(tf.shape(image)[1], tf.shape(image)[0])
        return self._dream_each(image, weights, {"num_samples": whole, **own})

    def _dream_each(self, waveforms, weights, examples):
        """Dreams sounds one by one, each by its own length and settings, as it is dreamed alone."""

        def alone(example):
            waveform, weights, own = example
            length = own.pop("num_samples")
            dream = self._dream(waveform[tf.newaxis, :length], weights[tf.newaxis], **own)[0]
            return tf.pad(dream, [[0, tf.shape(waveform)[0] - length]])

        return tf.map_fn(alone, (waveforms, weights, examples), fn_output_signature=tf.float32)

    def _dream(self, source, weights, steps=None, step_size=None):
        settings = self.settings
        factors = tf.constant(
            octave_grids.factors(settings.octaves, settings.time_factor, settings.frequency_factor),
            "float32",
        )
        updater = self._untracked["updater"] if step_size is None else self._momentum(step_size)
        steps = settings.steps if steps is None else steps
        state = self._begin(source)
        loose = {name: loose_shape(tensor) for name, tensor in state.items()}

        def one_octave(octave, state):
            grid = tf.unstack(factors[octave])
            state = self._enter(state, octave, *grid)

            def one_round(done, count, state, slots):
                place = octave * steps + done, done, count
                state = self._renew(state, octave, done)
                state, slots, _ = self._advance_by(
                    updater, steps, state, slots, grid, place, weights
                )
                state = {name: tf.ensure_shape(value, loose[name]) for name, value in state.items()}
                return done + count, state, slots

            state = self._in_rounds(one_round, steps, state, updater.begin(state["variable"]))
            return octave + 1, state

        _, state = tf.while_loop(
            lambda octave, _: octave < settings.octaves,
            one_octave,
            (tf.constant(0), state),
            (tf.TensorShape(()), loose),
        )
        return tf.ensure_shape(self._finish(state), source.shape)

    def _in_rounds(self, one_round, steps, state, slots):
        """Makes an octave's steps, the phase taken anew after some; in a loop if `steps` varies."""
        if not tf.is_tensor(steps):
            done = 0
            for count in _rounds(steps):
                done, state, slots = one_round(done, count, state, slots)
            return state
        loose = tf.nest.map_structure(loose_shape, (state, slots))
        _, state, _ = tf.while_loop(
            lambda done, *_: done < steps,
            lambda done, *rest: one_round(done, tf.minimum(_REFRESH_STEPS, steps - done), *rest),
            (tf.constant(0), state, slots),
            (tf.TensorShape(()), *loose),
        )
        return state

    def step(self, waveform, place=0, step_size=None):
        """Makes one step at the finest octave: a dream that somebody else loops.

        The phase is taken from `waveform`, and objectives that compare compare with it.

        Args:
            waveform: float32 `(batch, samples)` in [-1, 1], at `sample_rate`.
            place: int scalar, which step it is; it says how the sound is moved.
            step_size: float scalar, dB, in place of the settings'.

        Returns:
            `(dream, objective)`: float32 `(batch, samples)`, and float32 `(batch,)`, the objective
            of what the step began with.
        """
        updater = self._untracked["updater"] if step_size is None else self._momentum(step_size)
        finest = tf.constant(1.0), tf.constant(1.0)
        state = self._enter(self._begin(waveform), tf.constant(0), *finest)
        slots = updater.begin(state["variable"])
        state, _, scores = self._advance_by(updater, 1, state, slots, finest, (place, 0, 1), None)
        return self._finish(state), scores[0]

    def run(self, image, progress=False, callbacks=(), weights=None):
        """Dreams, and measures how much of the dream is real.

        Args:
            image: float array `(samples,)` or `(batch, samples)`, mono in [-1, 1], at
                `sample_rate`; or `(height, width, 3)` or `(batch, height, width, 3)` in [0, 255].
            progress: bool, whether to show a progress bar.
            callbacks: sequence of `callbacks.Callback`.
            weights: float array `(batch, terms)`, a factor for each term of the objective.

        Returns:
            `DreamResult`.

        Raises:
            InputError: if `image` is not of that shape, shorter than a frame of the analysis,
                silent, not finite, or far out of range; or `weights` are not of theirs, or not
                finite.
        """
        source = tf.constant(sources.check(image, self))
        sources.check_callbacks(callbacks)
        if weights is not None:
            weights = batches.read_weights(weights, len(self.objective.terms), len(source))
        before = self._traced["_read_only"](source, source, weights).numpy()
        start, history = time.perf_counter(), []
        for callback in callbacks:
            callback.set_dream(self)
            callback.on_dream_begin({"source": source.numpy()})
        total = self.settings.octaves * self.settings.steps
        with tqdm(total=total, desc="dream", unit="step", disable=not progress) as bar:
            state = self._ascend(source, weights, callbacks, history, bar)
        dream = self._traced["_finish"](state)
        for callback in callbacks:
            callback.on_dream_end({"dream": dream.numpy()})
        believed = self._traced["_read_only"](dream, source, weights).numpy()
        seconds = time.perf_counter() - start
        written = tf.constant(self._written(dream.numpy()))
        return DreamResult(
            source=source.numpy(),
            dream=dream.numpy(),
            analysis=self.analysis,
            objective=np.concatenate(history),
            objective_before=before,
            objective_believed=believed,
            objective_real=self._traced["_read_only"](written, source, weights).numpy(),
            seconds=seconds,
            layers=tuple(dict.fromkeys([*self.objective.layers, *self.objective.logit_layers])),
            name=repr(self.objective),
        )

    def _ascend(self, source, weights, callbacks, history, bar):
        settings = self.settings
        factors = octave_grids.factors(
            settings.octaves, settings.time_factor, settings.frequency_factor
        )
        state = self._traced["_begin"](source)
        for octave, factor in enumerate(factors):
            grid = [tf.constant(f, "float32") for f in factor]
            state = self._traced["_enter"](state, tf.constant(octave), *grid)
            slots = self._untracked["updater"].begin(state["variable"])
            self.stop_octave = False
            for callback in callbacks:
                callback.on_octave_begin(octave, {"dream": self._traced["_finish"](state).numpy()})
            done = 0
            for count in _rounds(settings.steps):
                state = self._traced["_renew"](state, tf.constant(octave), tf.constant(done))
                # One step a time only if somebody watches; the numbers are the same.
                for size in [1] * count if callbacks else [count]:
                    place = octave * settings.steps + done, done, size
                    state, slots, scores = self._traced["_advance"](
                        state, slots, *grid, *map(tf.constant, place), weights
                    )
                    history.append(scores.numpy())
                    bar.update(size)
                    done += size
                    self._tell_step(callbacks, place[0], history[-1][-1], state)
                    if self.stop_octave:
                        break
                if self.stop_octave:
                    break
            for callback in callbacks:
                callback.on_octave_end(octave, {"dream": self._traced["_finish"](state).numpy()})
        return state

    def _tell_step(self, callbacks, step, scores, state):
        def make():
            return self._traced["_finish"](state).numpy()

        for callback in callbacks:
            callback.on_step_end(step, {"objective": scores, "make": make})

    def read(self, image, source=None, weights=None):
        """Reads the objective off waveforms or pictures.

        Args:
            image: float32 `(batch, samples)` in [-1, 1], at `sample_rate`, or
                `(batch, height, width, 3)` in [0, 255].
            source: float32, the same before the dream, for objectives that compare; by default
                `image` itself.
            weights: float32 `(batch, terms)`, a factor for each term, or `None`.

        Returns:
            float32 `(batch,)`.
        """
        image = tf.convert_to_tensor(image, "float32")
        source = image if source is None else source
        network = self._untracked["network"]
        with by_fft():
            values = network.values()
            return self._score(image, source, network, values, weights)

    def _read_only(self, image, source, weights):
        """Reads the objective where nobody wants a gradient: of tiles it costs twice as much."""
        network = self._untracked["network"]
        with by_fft():
            values = network.values()
            return self._score(image, source, network, values, weights, differentiable=False)

    def model_input(self, image):
        """Brings sounds or pictures to what the model takes.

        Args:
            image: float32 `(batch, samples)` in [-1, 1], or `(batch, height, width, 3)` in
                [0, 255].

        Returns:
            float32, with a channel axis if the model wants one, or preprocessed pixels.
        """
        if self.of_pictures:
            return preprocess(image, self.settings.preprocessing)
        return tf.expand_dims(image, -1) if len(self.model.inputs[0].shape) == 3 else image

    def compute_output_shape(self, input_shape):
        if isinstance(input_shape, dict):
            return input_shape["picture" if self.of_pictures else "waveform"]
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "model": keras.saving.serialize_keras_object(self.model),
            "objective": keras.saving.serialize_keras_object(self.objective),
            "analysis": dataclasses.asdict(self.analysis) if self.analysis else None,
            **config_of(self.settings, self.of_pictures),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        for name in ("model", "objective"):
            config[name] = keras.saving.deserialize_keras_object(
                config[name], custom_objects=custom_objects
            )
        return cls(**config)

    def _begin(self, source):
        with by_fft():
            return self._untracked["canvas"].begin(source, self.settings.seed)

    def _enter(self, state, octave, coarse_time, coarse_frequency):
        canvas = self._untracked["canvas"]
        return canvas.enter_octave(state, octave, coarse_time, coarse_frequency)

    def _renew(self, state, octave, done):
        """Takes the phase anew, but before the very first step, when it is new."""
        with by_fft():
            return tf.cond(
                tf.logical_and(octave == 0, done == 0),
                lambda: state,
                lambda: self._untracked["canvas"].renew(state),
            )

    def _advance(
        self, state, slots, coarse_time, coarse_frequency, first, done, count, weights=None
    ):
        ways = self._untracked["updater"], self.settings.steps
        grid, place = (coarse_time, coarse_frequency), (first, done, count)
        return self._advance_by(*ways, state, slots, grid, place, weights)

    def _advance_by(self, updater, steps, state, slots, grid, place, weights):
        """Makes steps of an octave; `place`: seed of the first, how many were made and are now."""
        first, done, count = place
        canvas, settings = self._untracked["canvas"], self.settings
        values = self._untracked["quick_network"].values()
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

    def _finish(self, state):
        with by_fft():
            return self._untracked["canvas"].finish(state)

    def _moved_score(self, image, source, step, values, weights):
        """Reads the objective off what is moved and stretched at random."""
        settings, canvas = self.settings, self._untracked["canvas"]

        def move(image):
            moved = canvas.move(image, settings.seed, step)
            return transforms.zoom(moved, settings.zoom, settings.seed, step)

        source = move(source) if self.objective.needs_source else move(tf.stop_gradient(image))
        network = self._untracked["quick_network"]
        return self._score(move(image), source, network, values, weights)

    def _score(self, image, source, network, values, weights, differentiable=True):
        factors = self._factors(weights)

        def score_maps(image, source):
            maps = network.score_maps(image, source, values)
            return [
                scores * tf.reshape(factor, (-1, *[1] * (len(scores.shape) - 1)))
                for scores, factor in zip(maps, factors, strict=True)
            ]

        if self._tiles is None:
            maps = score_maps(image, source)
            return sum(tf.reduce_mean(m, axis=list(range(1, len(m.shape)))) for m in maps)
        per_tile = self.settings.normalize_over == "tile"
        normalize = NORMALIZATIONS[self.settings.normalization] if per_tile else None
        return self._tiles.read(score_maps, image, source, normalize, differentiable)

    def _factors(self, weights):
        """The weight of each term for each example: list of float32 `(batch,)` or `(1,)`."""
        own = [tf.constant([float(term["weight"])]) for term in self.objective.terms]
        if weights is None:
            return own
        columns = tf.unstack(weights, num=len(own), axis=1)
        return [factor * column for factor, column in zip(own, columns, strict=True)]

    def _written(self, dream):
        """What is left of dreams in a file of 16-bit sound or 8-bit pixels."""
        if self.of_pictures:
            return np.round(dream)
        return quantize(dream) / np.float32(32768)


def _trace(method, loosely=True):
    """A graph of a method, without the warning that every further dream is one more trace."""
    traced = tf.function(method, reduce_retracing=loosely)
    traced._omit_frequent_tracing_warning = True
    return traced


def _rounds(steps):
    """Steps of each round of an octave: after each, the phase is taken anew."""
    return [min(_REFRESH_STEPS, steps - done) for done in range(0, steps, _REFRESH_STEPS)]
