"""DeepDream: changes a sound or a picture until a network answers louder."""

import dataclasses

import keras
import tensorflow as tf

from keras_sounddream.deepdream import validation
from keras_sounddream.deepdream.ascent import eager_loop, graph_loop
from keras_sounddream.deepdream.ascent.gradient_ascent import Climb
from keras_sounddream.deepdream.ascent.updates import KerasOptimizer
from keras_sounddream.deepdream.inputs import batches
from keras_sounddream.deepdream.params.pixels import preprocess
from keras_sounddream.deepdream.settings import choose, config_of


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
        self.of_pictures = validation.check_model(model, objective)
        if self.of_pictures:
            settings = validation.settle_preprocessing(model, settings)
        self.settings = choose(self.kind, preset, **settings)
        self.model = model
        self.objective = objective.resolved(model)
        self.analysis = validation.settle_analysis(model, analysis)
        self.stop_octave = False  # for callbacks to set
        self.climb = Climb(self)
        self.built = True

    @property
    def kind(self) -> str:
        """`"sound"` or `"picture"`: what is dreamed on."""
        return "picture" if self.of_pictures else "sound"

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
        chosen = None
        if optimizer is not None:
            optimizer = keras.optimizers.get(optimizer)
            chosen = KerasOptimizer(optimizer)
        self.climb.follow(chosen)
        super().compile(optimizer=optimizer or "sgd", **kwargs)

    def get_compile_config(self):
        """Gives the optimizer, for saving; `None` if there is none."""
        updater = self.climb.updater
        return {"optimizer": updater.config if isinstance(updater, KerasOptimizer) else None}

    def compile_from_config(self, config):
        """Chooses the optimizer that was saved."""
        if config["optimizer"] is not None:
            self.compile(keras.saving.deserialize_keras_object(config["optimizer"]))

    def call(self, inputs):
        image, weights, own = batches.read(inputs, self)
        if not own:
            return graph_loop.dream(self.climb, image, weights)
        count = len(self.objective.terms)
        weights = tf.ones((tf.shape(image)[0], count)) if weights is None else weights
        whole = tf.repeat(tf.shape(image)[1], tf.shape(image)[0])
        return self._dream_each(image, weights, {"num_samples": whole, **own})

    def _dream_each(self, waveforms, weights, examples):
        """Dreams sounds one by one, each by its own length and settings, as it is dreamed alone."""

        def alone(example):
            waveform, weights, own = example
            length = own.pop("num_samples")
            dream = graph_loop.dream(
                self.climb, waveform[tf.newaxis, :length], weights[tf.newaxis], **own
            )[0]
            return tf.pad(dream, [[0, tf.shape(waveform)[0] - length]])

        return tf.map_fn(alone, (waveforms, weights, examples), fn_output_signature=tf.float32)

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
        return self.climb.step(waveform, place, step_size)

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
        return eager_loop.run(self, image, progress, callbacks, weights)

    def score(self, image, source=None, weights=None):
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
        return self.climb.read(image, source, weights)

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
            **config_of(self.settings, self.kind),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        for name in ("model", "objective"):
            config[name] = keras.saving.deserialize_keras_object(
                config[name], custom_objects=custom_objects
            )
        return cls(**config)
