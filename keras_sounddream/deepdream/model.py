"""DeepDream: gradient ascent on sounds or pictures, as a Keras model."""

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.backend import require_tensorflow
from keras_sounddream.deepdream import call_inputs, imprint, validation
from keras_sounddream.deepdream.ascent import loop
from keras_sounddream.deepdream.ascent.gradient_ascent import GradientAscent
from keras_sounddream.deepdream.ascent.updates import KerasOptimizer
from keras_sounddream.deepdream.network import joined
from keras_sounddream.deepdream.objectives.api import as_objective
from keras_sounddream.deepdream.objectives.objective import Objective
from keras_sounddream.deepdream.params.latent import make_param
from keras_sounddream.deepdream.result import DreamResult
from keras_sounddream.deepdream.settings import FIELDS, RENAMED, choose, config_of
from keras_sounddream.progress import TracingBar, bar_of_steps
from keras_sounddream.types import Array, PathLike, Tensor

if TYPE_CHECKING:
    from keras_sounddream.deepdream.callbacks.callback import Callback
    from keras_sounddream.deepdream.params.transforms import Transform


@keras.saving.register_keras_serializable(package="keras_sounddream")
class DeepDream(keras.Model):
    """Dreams sounds, or pictures: gradient ascent of an objective of a network on its input.

    For a sound, the logarithm of the STFT's magnitude is changed within bounds that keep the sound;
    the objective is read off the waveform that this spectrogram makes, at the input's loudness, and
    the gradient is taken through the whole chain: mask, inverse STFT, level, front end, network. So
    what the ascent measures is what the file will hold. For a picture, the pixels are changed. The
    ascent goes from coarse to fine, octave by octave.

    A setting that is `None` has the preset's value or its default, which stands behind its
    semicolon below. Whatever a preset says, a sound keeps `bounded` over `whole`. Ranges:
    `deepdream.Settings`.

    Args:
        model: functional, that takes waveforms `(batch, samples)` or `(batch, samples, 1)`, or
            pictures `(batch, height, width, 3)`; or, with a `front_end`, anything that this makes;
            or a list of models of waveforms, see `network.joined`.
        objective: what to maximise: an `Objective`, the name of a layer (`"conv2"`) or of a
            channel (`"conv2:7"`), or a function of the model's output (see `objectives.custom`);
            a list of such, one each, for several models.
        analysis: `Analysis` of the spectrogram that is changed, or its dictionary; by default that
            of the model's `LogMelSpectrogram`, with frames that overlap by half at least, or 40 ms
            every 10 ms for a model that has only a `sample_rate`. Audio only.
        preset: a named set of settings: `"gentle"`, `"vivid"`, `"natural_dreams"`, `"tutorial"` or
            `"heard"`, for classes with guides.
        name: the Keras model's.
        front_end: what makes the spectrograms that `model` takes: a layer or a function; see
            `deepdream.wrap_model`. Audio only.
        constants: values of the model's other inputs, by their names; see `wrap_model`.
        generator: to dream in its latents: `run` and a call take those, `(batch, latent_size)`;
            see `applications.generators`. A step is in percent of their root mean square.
        strength: how far the dream goes, 0 to 1: at 0 the input is hardly changed, at 1 nothing
            of it is left. It sets `step_size`, `mask_db`, `fall_db` and `ceiling_db`, of which
            those that are given count; 0.5. `"gentle"` is 0.25 and `"vivid"` 1.
        octaves: grid sizes of the ascent, from coarse to fine; 4.
        steps: gradient-ascent steps per octave; 10.
        step_size: the most that a bounded step changes: dB of any frame and bin (8), or levels (of
            255) of any pixel (4).
        time_factor: ratio of one octave's grid to the next in time (2), or in rows (1.4).
        frequency_factor: ratio in frequency (2), or in columns (1.4).
        seed: of everything random; 0.
        parameterization: `"mask"` to put a filter on the sound, whose phase and events stay; or
            `"log_magnitude"` to change its spectrogram without bounds; mask. Audio only.
        mask_db: the most that a bin of the mask rises, in dB; 40. Audio only.
        fall_db: the most that a bin of the mask falls, in dB; 15. Audio only.
        ceiling_db: a bin rises up to so many dB below the loudest of its frame, so that a dream
            grows where the sound is; 3. Audio only.
        normalization: how a gradient is scaled: `"bounded"` (cut off at twice its root mean
            square), `"deviation"`, `"magnitude"`, `"norm"`, `"none"`, a name registered by
            `ascent.register_normalization`, or a function; bounded.
        normalize_over: `"whole"`, or `"tile"` to scale every tile first; whole.
        smoothing: of the gradient: `"none"`, `"gaussian"`, `"three_gaussians"`, `"laplacian"`, a
            name registered by `ascent.register_smoothing`, or a function; none.
        smoothing_width: standard deviation at the first and at the last step of an octave, in
            frames and bins, or pixels; `(1.0, 1.0)`.
        momentum: share of the last step that is repeated; 0.
        roll_seconds: the most that a sound is moved along time before a step, in s; 0.01.
        roll_pixels: the same for a picture, in pixels; 32.
        scale: the most that the input is stretched before a step: 0.1 for 0.9 to 1.1 times; 0.
        transforms: further `Transform` layers that are applied before each step; none.
        source_mix: share of the source mixed in at the start of each octave; 0.
        begin_with: the ascent's beginning: `"source"`, `"source_and_noise"` or `"noise"`; source.
        keep_source_detail: whether a picture keeps its source's own detail at each size; `True`.
        keep_color: whether a picture's brightness alone is changed; `False`.
        tile_seconds: length of the tiles that a sound's gradient is computed in, in s; 0, none.
        tile_pixels: the same for a picture, in pixels; 0, none.
        approximate: whether an objective without exact tiles may be averaged over them; `False`.
        preprocessing: what a picture's model takes: `"tf"`, `"torch"`, `"caffe"`, `"unit"` or
            `"none"`; tf, but always `"none"` for a model with a layer `front_end`.
        precision: of the network during the ascent: `"float32"`; `"bfloat16"`, which is quicker on
            processors that have it (AVX512-BF16, AMX, most GPUs) and slower on others; or `"auto"`,
            the quicker one, tried once on each processor. What is measured is always read in
            float32; float32.
        **kwargs: `trainable` and `dtype`, of `keras.Model`.

    Input shape:
        float32 `(batch, samples)`, mono in [-1, 1], at `analysis.sample_rate`; or a dictionary
        with it as `waveform` and optionally `num_samples`, int `(batch,)`, how much of each row is
        sound, `weights`, float32 `(batch, terms)`, a factor for each term of the objective, and
        each example's own `steps`, int `(batch,)`, and `step_size`, float32 `(batch,)`, in place
        of the settings. Or float32 `(batch, height, width, 3)`, pixels in [0, 255], or a
        dictionary with it as `picture` and `weights`.

    Output shape:
        that of the sounds or pictures: the dreams. Sounds are as loud as the inputs, softer where
        peaks of at most 1 leave no room for that, and zero after `num_samples`.

    Raises:
        InputError: if the model lacks a layer or channel of the objective, the sample rate is
            not known, or a setting is out of its range or of the other kind alone.

    Example:
        dream = DeepDream(applications.LogMelCNN(), "block3_conv2")
        result = dream.run(audio.load("rooster.wav", dream.sample_rate))
    """

    def __init__(
        self,
        model: keras.Model,
        objective: Objective | str | Callable[[Tensor], Tensor],
        analysis: Analysis | dict[str, Any] | None = None,
        preset: str | None = None,
        name: str = "deep_dream",
        *,
        front_end: keras.layers.Layer | Callable[[Tensor], Tensor] | None = None,
        constants: Mapping[str, Array] | None = None,
        generator: keras.Model | None = None,
        strength: float | None = None,
        octaves: int | None = None,
        steps: int | None = None,
        step_size: float | None = None,
        time_factor: float | None = None,
        frequency_factor: float | None = None,
        seed: int | None = None,
        parameterization: str | None = None,
        mask_db: float | None = None,
        fall_db: float | None = None,
        ceiling_db: float | None = None,
        normalization: str | Callable | None = None,
        normalize_over: str | None = None,
        smoothing: str | Callable | None = None,
        smoothing_width: tuple[float, float] | None = None,
        momentum: float | None = None,
        roll_seconds: float | None = None,
        roll_pixels: int | None = None,
        scale: float | None = None,
        transforms: "Sequence[Transform] | None" = None,
        source_mix: float | None = None,
        begin_with: str | None = None,
        keep_source_detail: bool | None = None,
        keep_color: bool | None = None,
        tile_seconds: float | None = None,
        tile_pixels: int | None = None,
        approximate: bool | None = None,
        preprocessing: str | None = None,
        precision: str | None = None,
        **kwargs: Any,
    ):
        require_tensorflow("A dream")
        given = {key: value for key, value in locals().items() if key in FIELDS}
        given |= {key: kwargs.pop(key) for key in list(kwargs) if key not in ("trainable", "dtype")}
        super().__init__(name=name, **{"dtype": "float32", **kwargs})
        model, objective = joined.settle(model, objective, front_end or constants)
        model = validation.wrapped(model, front_end, constants, analysis)
        self.kind = validation.find_kind(model)
        objective = as_objective(objective).resolved(model)
        objective.check(model)
        given = {key: value for key, value in given.items() if value is not None}
        if self.kind == "picture":
            given = validation.settle_preprocessing(model, given)
        self.settings = validation.settle_precision(choose(self.kind, preset, **given))
        self.analysis = validation.settle_analysis(model, analysis, generator)
        self.model, self.objective, self.generator = model, objective, generator
        self.param = make_param(self.kind, self.settings, self.analysis, model, generator)
        self.ascent = GradientAscent(model, objective, self.param, self.settings)
        self.stop_octave = False  # for callbacks to set
        self.guides: Sequence[Array] = ()  # of every `run` that is not given others
        self._layer_names = tuple(dict.fromkeys([*objective.layers, *objective.logit_layers]))
        self.title = objective.title(model)
        self.built = True

    @property
    def sample_rate(self) -> int | None:
        """Hz, of the waveforms that go in and come out; `None` for pictures."""
        return self.analysis.sample_rate if self.analysis else None

    def run(
        self,
        image: Array,
        progress: bool | TracingBar = False,
        callbacks: "Sequence[Callback]" = (),
        weights: Array | None = None,
        guides: Sequence[Array] | None = None,
    ) -> DreamResult:
        """Dreams, and measures how much of the dream is real.

        Args:
            image: float array `(samples,)` or `(batch, samples)`, mono in [-1, 1], at
                `sample_rate`; or `(height, width, 3)` or `(batch, height, width, 3)` in [0, 255].
            progress: whether to show a progress bar; or one of several dreams, which is told when
                a step is made.
            callbacks: called after each stage of the dream.
            weights: float array `(batch, terms)`, a factor for each term of the objective.
            guides: sounds `(samples,)` to begin with, see `imprint`; by default `self.guides`.

        Returns:
            The dreams with their measurements.

        Raises:
            InputError: if `image` is not of that shape, shorter than a frame of the analysis,
                silent, not finite, or far out of range; or `weights` are not of theirs, or not
                finite.
        """
        operations = self.ascent.traced
        given = tf.constant(self.ascent.check(image))
        source = given if self.generator is None else operations.begin(given)["source"]
        loop.check_callbacks(callbacks)
        if weights is not None:
            num_terms = len(self.objective.terms)
            weights = call_inputs.read_weights(weights, num_terms, len(source))
        with bar_of_steps(progress, self.settings.octaves * self.settings.steps) as bar:
            before = operations.score(source, source, weights)
            validation.check_objective(before.numpy(), self.title)
            start = time.perf_counter()
            beginning = imprint.begin(self, given, guides, weights)
            loop.tell_begin(callbacks, self, source)
            flow = loop.WatchedFlow(self.ascent, self, callbacks, bar)
            dreamed = loop.ascend(operations, beginning, flow, weights)
        loop.tell_end(callbacks, dreamed)
        believed = operations.score(dreamed, source, weights).numpy()
        seconds = time.perf_counter() - start
        validation.check_objective(believed, self.title)
        if (believed == before.numpy()).any() and not self.ascent.moves(given, weights):
            validation.warn_of_no_gradient(self.title)
        real = operations.score(self.param.as_written(dreamed), source, weights)
        return DreamResult(
            source=source.numpy(),
            dream=dreamed.numpy(),
            analysis=self.analysis,
            objective=np.concatenate(flow.history),
            objective_before=before.numpy(),
            objective_believed=believed,
            objective_real=real.numpy(),
            seconds=seconds,
            layers=self._layer_names,
            name=self.title,
            precision=self.settings.precision,
            latent=flow.last["variable"].numpy() if self.generator is not None else None,
        )

    def call(self, inputs: Any) -> Tensor:
        imprint.refuse(self)
        num_terms = len(self.objective.terms)
        image, weights, own = call_inputs.read(inputs, self.param, num_terms)
        if not own:
            return loop.ascend_in_graph(self.ascent, image, weights)
        batch, samples = tf.unstack(tf.shape(image))
        weights = tf.ones((batch, num_terms)) if weights is None else weights
        return self._dream_each(image, weights, {"num_samples": tf.repeat(samples, batch), **own})

    def _dream_each(self, waveforms, weights, examples):
        """Dreams sounds one by one, each by its own length and settings, as it is dreamed alone."""

        def alone(example):
            waveform, weights, own = example
            length = own.pop("num_samples")
            dreamed = loop.ascend_in_graph(
                self.ascent, waveform[tf.newaxis, :length], weights[tf.newaxis], **own
            )[0]
            return tf.pad(dreamed, [[0, tf.shape(waveform)[0] - length]])

        return tf.map_fn(alone, (waveforms, weights, examples), fn_output_signature=tf.float32)

    def step(
        self, waveform: Tensor, place: Tensor = 0, step_size: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Makes one step at the finest octave: a dream that somebody else loops.

        The phase is that of `waveform`, which is also the source of objectives that compare.

        Args:
            waveform: float32 `(batch, samples)` in [-1, 1], at `sample_rate`; or pictures.
            place: number of the step, int scalar, which seeds its random shift.
            step_size: float scalar, dB or levels, in place of the settings'.

        Returns:
            `(dream, objective)`: float32 of the shape of `waveform`, and float32 `(batch,)`, the
            objective before the step.
        """
        return self.ascent.step(waveform, place, step_size)

    def score(
        self, image: Array, source: Array | None = None, weights: Array | None = None
    ) -> Tensor:
        """Objective of waveforms or pictures.

        Args:
            image: float32 `(batch, samples)` or `(batch, height, width, 3)`.
            source: the same before a dream, for objectives that compare; by default `image`.
            weights: float32 `(batch, terms)`, a factor for each term of the objective.

        Returns:
            float32 `(batch,)`.
        """
        image = tf.convert_to_tensor(image, "float32")
        return self.ascent.score(image, image if source is None else source, weights)

    def model_input(self, image: Tensor) -> Tensor:
        """Converts sounds or pictures to what the model takes.

        Args:
            image: float32 `(batch, samples)` in [-1, 1], or `(batch, height, width, 3)` in
                [0, 255].

        Returns:
            float32, with a channel axis if the model takes one, or preprocessed pixels.
        """
        return self.param.preprocess(image)

    def compile(self, optimizer: Any = None, **kwargs: Any) -> None:
        """Chooses an optimizer of Keras to follow the gradient with, in place of plain ascent.

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
        self.ascent.use(chosen)
        super().compile(optimizer=optimizer or "sgd", **kwargs)

    def export(self, filepath: PathLike, format: str | None = None, **options: Any) -> Any:
        """Exports the dream, reads the file back and compares it; see `export_model`.

        Args:
            filepath: file or folder to write.
            format: `"saved_model"`, `"litert"` or `"onnx"`; by default what the suffix says.
            **options: of `keras_sounddream.export_model`.

        Returns:
            What `export_model` returns.
        """
        import keras_sounddream

        return keras_sounddream.export_model(self, filepath, format, **options)

    def compute_output_shape(self, input_shape: Any) -> Any:
        if isinstance(input_shape, dict):
            input_shape = input_shape[call_inputs.NAMES[self.param.kind]]
        return self.param.made_shape(input_shape)

    def get_compile_config(self) -> dict[str, Any]:
        """The optimizer, for saving; `None` if there is none."""
        update = self.ascent.update
        return {"optimizer": update.config if isinstance(update, KerasOptimizer) else None}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Chooses the optimizer that was saved."""
        if config["optimizer"] is not None:
            self.compile(keras.saving.deserialize_keras_object(config["optimizer"]))

    def get_config(self) -> dict[str, Any]:
        store = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "model": store(self.model),
            "objective": store(self.objective),
            **({"generator": store(self.generator)} if self.generator is not None else {}),
            "analysis": dataclasses.asdict(self.analysis) if self.analysis else None,
            **config_of(self.settings, self.kind),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "DeepDream":
        config = {RENAMED.get(name, name): value for name, value in config.items()}
        for name in ("model", "objective", "generator"):
            config[name] = config.get(name) and keras.saving.deserialize_keras_object(
                config[name], custom_objects=custom_objects
            )
        config["transforms"] = [
            keras.saving.deserialize_keras_object(layer, custom_objects=custom_objects)
            for layer in config.get("transforms", ())
        ]
        return cls(**config)
