"""DeepDream: changes a sound until a network answers louder."""

import dataclasses
import math
import time

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.io import quantize
from keras_sounddream.audio.layers import find_front_end
from keras_sounddream.audio.loudness import rms
from keras_sounddream.audio.phase import db_to_nepers, nepers_to_db, to_polar
from keras_sounddream.audio.stft import by_fft, stft
from keras_sounddream.deepdream import octaves as octave_grids
from keras_sounddream.deepdream import transforms
from keras_sounddream.deepdream.ascent import ascend
from keras_sounddream.deepdream.checks import (
    check_counts,
    check_model,
    check_range,
    check_seed,
)
from keras_sounddream.deepdream.objectives import find_layer
from keras_sounddream.deepdream.result import DreamResult
from keras_sounddream.errors import InputError

_REFRESH_STEPS = 10  # the phase is taken anew from the waveform after so many steps
_HIGHEST_PEAK = 1.5  # lossy formats overshoot 1 a little
_SILENCE = 2e-6  # root mean square; `rms` says 1e-6 for all zeros


@keras.saving.register_keras_serializable(package="keras_sounddream")
class DeepDream(keras.Model):
    """Dreams sounds: ascends an objective of a network on the spectrogram of its input.

    What is changed is the logarithm of the STFT's magnitude; the objective is read off the
    waveform that this spectrogram makes, at the input's loudness, and the gradient is taken
    through the whole way: log-magnitude, inverse STFT, level, front end, network. So what the
    ascent hears is what the file will hold. The ascent goes from coarse to fine: see
    `octaves`.

    Args:
        model: `keras.Model`, functional, that takes waveforms `(batch, samples)` or
            `(batch, samples, 1)`.
        objective: `objectives.Objective`, what to maximise.
        analysis: `Analysis` of the spectrogram that is changed, or the dictionary of one; by
            default that of the model's `LogMelSpectrogram`, with frames that overlap by half at
            least.
        octaves: int, grids on which the change is drawn, from coarse to fine.
        steps: int, steps of ascent in each octave.
        step_size: float, dB, the most that a step changes any frame and bin.
        time_factor: float, by how much the grid grows finer in time from one octave to the next.
        frequency_factor: float, likewise in frequency.
        roll_seconds: float; before each step the sound is moved by a random time of up to this
            length, either way, so that nothing depends on where the network's grid falls.
        seed: int, of the rolls.
        name: str.

    Input shape:
        float32 `(batch, samples)`, mono in [-1, 1], at `analysis.sample_rate`.

    Output shape:
        the same: the dreams, as loud as the inputs, with peaks of at most 1.

    Raises:
        InputError: if the model lacks a layer or channel of the objective, the sample rate is
            not known, or a setting is out of its range.

    Example:
        dream = DeepDream(applications.LogMelCNN(), objectives.layer("block3_conv2"))
        result = dream.run(audio.load("rooster.wav", dream.sample_rate))
    """

    def __init__(
        self,
        model,
        objective,
        analysis=None,
        octaves=4,
        steps=10,
        step_size=4.0,
        time_factor=2.0,
        frequency_factor=2.0,
        roll_seconds=0.01,
        seed=0,
        name="deep_dream",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        check_model(model, objective)
        check_counts(octaves=octaves, steps=steps)
        check_range("step_size", step_size, above=0.0, most=40.0)
        check_range("time_factor", time_factor, least=1.0, most=16.0)
        check_range("frequency_factor", frequency_factor, least=1.0, most=16.0)
        check_range("roll_seconds", roll_seconds, least=0.0, most=10.0)
        check_seed(seed)
        analysis = Analysis(**analysis) if isinstance(analysis, dict) else analysis
        self.model = model
        self.objective = objective
        self.analysis = analysis or _analysis_of(model)
        self.octaves = octaves
        self.steps = steps
        self.step_size = step_size
        self.time_factor = time_factor
        self.frequency_factor = frequency_factor
        self.roll_seconds = roll_seconds
        self.seed = seed
        self._activations = _reader(model, objective.layers)
        self._traced_round = tf.function(self._round, reduce_retracing=True)
        self._traced_objective = tf.function(self.read, reduce_retracing=True)
        self.built = True

    @property
    def sample_rate(self):
        """Hz, of the waveforms that go in and come out."""
        return self.analysis.sample_rate

    def call(self, waveform):
        waveform = tf.convert_to_tensor(waveform, "float32")
        level = rms(waveform)
        count = len(self._rounds())
        rounds = tf.constant(self._rounds(), "float32")

        def dream_round(i, waveform):
            time, frequency, first, steps = tf.unstack(rounds[i])
            first, steps = tf.cast(first, "int32"), tf.cast(steps, "int32")
            waveform, _ = self._round(waveform, level, time, frequency, first, steps)
            return i + 1, waveform

        shapes = (tf.TensorShape(()), tf.TensorShape((None, None)))
        start = (tf.constant(0), transforms.dither(waveform, self.seed))
        _, dream = tf.while_loop(lambda i, _: i < count, dream_round, start, shapes)
        return tf.ensure_shape(dream, waveform.shape)

    def run(self, waveform, progress=False):
        """Dreams, and measures how much of the dream is real.

        Args:
            waveform: float array `(samples,)` or `(batch, samples)`, mono in [-1, 1], at
                `sample_rate`.
            progress: bool, whether to show a progress bar.

        Returns:
            `DreamResult`.

        Raises:
            InputError: if `waveform` is not of that shape, shorter than a frame of the
                analysis, silent, not finite, or far above 1.
        """
        waveform = self._checked(waveform)
        before = self._traced_objective(waveform)
        start, level, history = time.perf_counter(), rms(waveform), []
        dream = transforms.dither(waveform, self.seed)
        with tqdm(
            total=self.octaves * self.steps, desc="dream", unit="step", disable=not progress
        ) as bar:
            for coarse_time, coarse_frequency, first, count in self._rounds():
                grid = tf.constant(coarse_time), tf.constant(coarse_frequency)
                place = tf.constant(first), tf.constant(count)
                dream, scores = self._traced_round(dream, level, *grid, *place)
                history.append(scores.numpy())
                bar.update(count)
        believed = self._traced_objective(dream)
        seconds = time.perf_counter() - start
        real = self._traced_objective(tf.constant(quantize(dream.numpy()) / np.float32(32768)))
        return DreamResult(
            waveform=dream.numpy(),
            sample_rate=self.sample_rate,
            spectrogram_before=self._levels_db(waveform),
            spectrogram_after=self._levels_db(dream),
            objective=np.concatenate(history),
            objective_before=before.numpy(),
            objective_believed=believed.numpy(),
            objective_real=real.numpy(),
            seconds=seconds,
            layers=self.objective.layers,
            name=repr(self.objective),
        )

    def read(self, waveform):
        """Reads the objective off waveforms.

        Args:
            waveform: float32 `(batch, samples)` in [-1, 1], at `sample_rate`.

        Returns:
            float32 `(batch,)`.
        """
        return self.objective(self._activations(waveform))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        names = ("octaves", "steps", "step_size", "time_factor", "frequency_factor")
        names += ("roll_seconds", "seed")
        return {
            **super().get_config(),
            "model": keras.saving.serialize_keras_object(self.model),
            "objective": keras.saving.serialize_keras_object(self.objective),
            "analysis": dataclasses.asdict(self.analysis),
            **{name: getattr(self, name) for name in names},
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        for name in ("model", "objective"):
            config[name] = keras.saving.deserialize_keras_object(
                config[name], custom_objects=custom_objects
            )
        return cls(**config)

    def _rounds(self):
        """One row a round: the grid's factors, the first step's number, how many steps."""
        grids = octave_grids.factors(self.octaves, self.time_factor, self.frequency_factor)
        return [
            (*grid, octave * self.steps + done, min(_REFRESH_STEPS, self.steps - done))
            for octave, grid in enumerate(grids)
            for done in range(0, self.steps, _REFRESH_STEPS)
        ]

    def _round(self, waveform, level, coarse_time, coarse_frequency, first_step, count):
        with by_fft():
            return ascend(
                self.read,
                waveform,
                level,
                self.analysis,
                grid=(coarse_time, coarse_frequency),
                first_step=first_step,
                count=count,
                most_nepers=db_to_nepers(self.step_size),
                max_shift=round(self.roll_seconds * self.sample_rate),
                seed=self.seed,
            )

    def _levels_db(self, waveform):
        log_magnitude, _, _ = to_polar(*stft(waveform, self.analysis))
        loudest = self.analysis.frame_length / 4  # of a sine of full scale under a Hann window
        return nepers_to_db(log_magnitude.numpy() - math.log(loudest))

    def _checked(self, waveform):
        waveform = np.array(waveform, "float32")
        waveform = waveform[None] if waveform.ndim == 1 else waveform
        if waveform.ndim != 2 or not waveform.size:
            raise InputError(
                "Expected a waveform (samples,) or (batch, samples) to dream on. "
                f"Received shape: {waveform.shape}"
            )
        if not np.isfinite(waveform).all():
            raise InputError("Expected a waveform of finite numbers. It holds some that are not.")
        expected = self.model.inputs[0].shape[1]
        if expected not in (None, waveform.shape[1]):
            raise InputError(
                f"{self.model.name} takes {expected} samples, no more and no fewer. "
                f"Received: {waveform.shape[1]}"
            )
        peak = np.abs(waveform).max()
        if peak > _HIGHEST_PEAK:
            raise InputError(f"Expected samples in [-1, 1]. The peak is {peak:.4g}: scale it down.")
        least, seconds = self.analysis.frame_seconds, waveform.shape[1] / self.sample_rate
        if waveform.shape[1] < self.analysis.frame_length:
            raise InputError(f"Expected at least {least} s to dream on. Received: {seconds:.3f} s")
        if (rms(waveform).numpy() < _SILENCE).any():
            raise InputError("Expected sound to dream on, but it is silent.")
        return tf.constant(waveform)


def _reader(model, layers):
    """A function from waveforms to the activations of some layers, kept from Keras' tracking."""
    outputs = {name: find_layer(model, name).output for name in layers}
    network = keras.Model(model.inputs[0], outputs)
    with_channel = len(model.inputs[0].shape) == 3

    def read(waveform):
        return network(waveform[..., tf.newaxis] if with_channel else waveform, training=False)

    return read


def _analysis_of(model):
    front_end = find_front_end(model)
    if front_end is None:
        raise InputError(
            f"The sample rate of {model.name} is not known: it has no LogMelSpectrogram. "
            "Give `analysis=Analysis(sample_rate=…)`."
        )
    analysis = front_end.analysis
    least = min(analysis.step_seconds, analysis.frame_seconds / 2)  # or it could not be inverted
    return dataclasses.replace(analysis, step_seconds=least)
