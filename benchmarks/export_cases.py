"""Cases of `exports.py`: networks, tasks, sounds, and the distance of a model from itself."""

import collections.abc
import dataclasses

import numpy as np
import tensorflow as tf

from keras_sounddream import DeepDream, applications, audio, objectives
from keras_sounddream.audio.spectral.stft import stft
from keras_sounddream.export.tasks import find_tasks
from keras_sounddream.workflows.objective_from_files import middle_layer

SIZES = (4.0, 2.0, 1.0, 0.5, 0.25, 0.1, 0.05, 0.02, 0.01)  # dB, of calm steps, the first that is
CALM = 2e-4  # of the peak: how far ten calm steps may come from themselves
SMALL = ("classify", "embed")
DREAMS = ("step", "calm", "ten", "dream")
OBJECTIVE = 1e-3  # share by which the objective of ten steps and of dreams may differ
TRIES = 3  # of each change to a sound


@dataclasses.dataclass(frozen=True)
class Kind:
    """A task as it is compared.

    Attributes:
        title: str, with `{}` for the step size, dB.
        words: str, the limits, in words.
        task: str, key of `tasks.TASKS`.
        limit: float, the largest difference wanted, as a share of the output's peak.
        settings: dict, of the dream.
    """

    title: str
    words: str
    task: str
    limit: float
    settings: dict = dataclasses.field(default_factory=dict)


_TEN = {"octaves": 1, "steps": 10}
_TEN_LIMITS = f"2e-3, objective {OBJECTIVE:.1%}"
KINDS = {
    "classify": Kind("classify", "`classify`: 1e-5", "classify", 1e-5),
    "embed": Kind("embed", "`embed`: 1e-5", "embed", 1e-5),
    "step": Kind("one step of {:g} dB", "one step: 1e-5", "dream_step", 1e-5),
    "calm": Kind(
        "ten steps of {:g} dB, calm", f"ten calm steps: {_TEN_LIMITS}", "dream", 2e-3, _TEN
    ),
    "ten": Kind("ten steps of {:g} dB", f"ten steps of 4 dB: {_TEN_LIMITS}", "dream", 2e-3, _TEN),
    "dream": Kind("4 × 10 steps of {:g} dB", f"whole dream: {_TEN_LIMITS}", "dream", 2e-3),
}


@dataclasses.dataclass(frozen=True)
class Subject:
    """A network whose exports are compared.

    Attributes:
        name: str.
        build: function of the command line's options to a `keras.Model`, or to `None` if what it
            needs was not given.
        kinds: tuple of str, keys of `KINDS`.
        layer: str, that the dreams are of; by default a convolution two thirds of the way up.
        seconds: float, s, of the sound that `SMALL` tasks are given; dreams are given `DREAM_SECONDS`.
    """

    name: str
    build: collections.abc.Callable
    kinds: tuple = SMALL + DREAMS
    layer: str | None = None
    seconds: float = 5.0


DREAM_SECONDS = 2.0


def _yamnet(options):
    return options.yamnet_weights and applications.YAMNet(weights=options.yamnet_weights)


SUBJECTS = (
    Subject("LogMelCNN", lambda options: applications.LogMelCNN()),
    Subject(
        "LogMelCNN",
        lambda options: applications.LogMelCNN(),
        ("step", "calm", "dream"),
        "band_norm",
    ),
    Subject("UrbanSoundCNN", lambda options: applications.UrbanSoundCNN()),
    Subject("YAMNet", _yamnet),
    Subject(
        "SoundNet8", lambda options: applications.SoundNet8(weights=None), ("classify",), seconds=20
    ),
    Subject(
        "SoundNet8, no top",
        lambda options: applications.SoundNet8(include_top=False, weights=None),
        ("embed", *DREAMS),
    ),
)


class Case:
    """One task of one network, with its own answers to some sounds.

    Args:
        subject: `Subject`.
        model: what `subject.build` gave.
        kind: str, key of `KINDS`.
        clips: sequence of paths of sound files.

    Attributes:
        to_export: `keras.Model` or `DeepDream`.
        task: `Task`.
        sounds: list of float32 `(1, samples)`.
        call: `tf.function` of the task.
        wanted: list of dicts, what the model answers to each sound.
        changes: dict of functions of a sound and a generator to a sound that differs by as much
            as does not count; empty of what is no dream.
        share: float, size of the change `"rounding"`, as a share of the sound's level.
    """

    def __init__(self, subject, model, kind, clips):
        self.name, self.kind, self.layer = subject.name, KINDS[kind], subject.layer
        self.seconds = subject.seconds if kind in SMALL else DREAM_SECONDS
        self.to_export, self.step_size = model, None
        self.changes, self.share = {}, None
        samples = round(self.seconds * model.sample_rate)
        self.sounds = [_read(clip, model.sample_rate, samples) for clip in clips]
        if kind in DREAMS:
            self.layer = self.layer or middle_layer(model)
            self._dream_of(model, {})
            self.share, add_noise = rounding(self.to_export.analysis, self.sounds)
            self.changes = {"last bit": last_bit, "rounding": add_noise}
            if kind == "calm":
                self._dream_of(model, {"step_size": self._calm_size()})
        self._trace()
        self.wanted = [self.answer(sound) for sound in self.sounds]

    @property
    def title(self):
        """What is done, in words."""
        if self.step_size is None:
            return self.kind.title
        return f"{self.kind.title.format(self.step_size)}, {self.layer}"

    def _dream_of(self, model, more):
        self.to_export = DeepDream(
            model, objectives.layer(self.layer), **self.kind.settings, **more
        )
        self.step_size = self.to_export.settings.step_size

    def _trace(self):
        (self.task,) = find_tasks(self.to_export, [self.kind.task])
        self.call = tf.function(self.task.function, autograph=False, reduce_retracing=True)
        self._objective = self.task.read and tf.function(self.task.read)

    def answer(self, sound, **options):
        """The model's own answer: dict of arrays."""
        found = self.call(tf.constant(sound), **options)
        return {name: value.numpy() for name, value in found.items()}

    def differences(self, found, wanted, sound):
        """Largest difference, as a share of each output's peak, and share of the objective's."""
        largest = max(
            float(np.abs(found[name] - wanted[name]).max() / np.abs(wanted[name]).max())
            for name in self.task.outputs
        )
        if self._objective is None:
            return largest, 0.0
        pair = [float(self._objective(out["waveform"], sound)[0]) for out in (found, wanted)]
        return largest, abs(pair[0] / pair[1] - 1)

    def own(self, change):
        """How far the model comes from itself if a sound is changed, sound by sound.

        Args:
            change: function of a sound and a generator to a sound, such as `last_bit`.

        Returns:
            list of what `differences` gives, the largest of some tries.
        """
        return [
            [max(column) for column in zip(*self._tries(change, sound, wanted), strict=True)]
            for sound, wanted in zip(self.sounds, self.wanted, strict=True)
        ]

    def _tries(self, change, sound, wanted, **options):
        rng = np.random.default_rng(0)
        for _ in range(TRIES):
            found = self.answer(change(sound, rng), **options)
            yield self.differences(found, wanted, sound)

    def _calm_size(self):
        """The largest of `SIZES` by which the dream comes no further from itself than `CALM`."""
        self._trace()
        return next((size for size in SIZES if self._is_calm(tf.constant(size))), SIZES[-1])

    def _is_calm(self, size):
        for sound in self.sounds:
            wanted = self.answer(sound, step_size=size)
            for change in self.changes.values():
                for largest, _ in self._tries(change, sound, wanted, step_size=size):
                    if largest > CALM:
                        return False
        return True


def last_bit(sound, rng):
    """Changes the last bit of every sample, up or down."""
    signs = rng.choice(np.array([-1, 1], "float32"), sound.shape)
    return sound * (1 + signs * np.float32(2.0**-23))


def rounding(analysis, sounds):
    """Makes a change as large as what the files' Fourier transforms, matrix products, round by.

    Args:
        analysis: `Analysis`.
        sounds: list of float32 `(1, samples)`.

    Returns:
        `(share, change)`: the rounding error as a share of a spectrogram's level, the median over
        sounds, and a function that adds white noise of that share of a sound's level.
    """
    shares = []
    for sound in sounds:
        made = np.hypot(*map(np.asarray, stft(sound, analysis)))
        exact = np.hypot(*map(np.asarray, stft(sound, analysis, "fft")))
        shares.append(np.sqrt(np.mean(np.square(made - exact)) / np.mean(np.square(exact))))
    share = float(np.median(shares))

    def change(sound, rng):
        level = share * np.sqrt(np.mean(np.square(sound)))
        return (sound + rng.normal(0, level, sound.shape)).astype("float32")

    return share, change


def _read(path, rate, samples):
    return np.resize(np.clip(audio.load(path, rate), -1, 1), (1, samples))
