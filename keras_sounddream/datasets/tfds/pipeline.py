"""Input pipeline: from a TFDS data set to batches for a model, in one line."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from keras_sounddream.audio.io import resample
from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.datasets.tfds import builders
from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike

SECONDS = 5.0  # of clips for a model that takes any length
_MARGIN_SECONDS = 0.05  # resampled beyond the crop, so that its end has no edge effect
_LEVEL_DB = 6.0  # up or down, of augmentation
_SHUFFLED = 256  # clips in the shuffle buffer
_KEYS = ("audio", "sample_rate", "label")


def dataset(
    data: str | tfds.core.DatasetBuilder,
    model: keras.Model,
    split: str = "train",
    data_dir: PathLike | None = None,
    manual_dir: PathLike | None = None,
    **settings: Any,
) -> tf.data.Dataset:
    """Reads a data set as batches of waveforms and labels for a model; builds it if necessary.

    Args:
        data: a name of TFDS or `tfds_builders` (`"esc50/esc10"`), or a builder.
        model: takes waveforms and has a `sample_rate`.
        split: such as `"train"` or `"fold1+fold2"`.
        data_dir: folder of TFDS's data sets; `None` for its default.
        manual_dir: folder that the data set is built from; `None` for TFDS's default.
        **settings: further arguments of `batches`, such as `batch_size` and `training`.

    Returns:
        `(waveforms, labels)` in batches, see `batches`.

    Raises:
        InputError: if there is no such data set or split, or an argument of `batches` is wrong.

    Example:
        train = tfds.dataset("esc50/esc10", model, "fold1+fold2+fold3+fold4", training=True)
        model.fit(train, validation_data=tfds.dataset("esc50/esc10", model, "fold5"))
    """
    builder = builders.find_builder(data, data_dir) if isinstance(data, str) else data
    builders.prepare(builder, manual_dir)
    missing = [name for name in ("audio", "label") if name not in builder.info.features]
    if missing:
        raise InputError(
            f"Expected a data set with audio and label. {builder.info.full_name} lacks "
            f"{' and '.join(missing)}; it has {', '.join(builder.info.features)}."
        )
    features = {name: True for name in _KEYS if name in builder.info.features}
    decoders = tfds.decode.PartialDecoding(features)
    shuffle = settings.get("training", False)
    try:
        examples = builder.as_dataset(split=split, shuffle_files=shuffle, decoders=decoders)
    except (ValueError, NotImplementedError) as error:
        raise InputError(
            f"Expected a split of {builder.info.full_name} ({', '.join(builder.info.splits)}). "
            f"Received: {split!r} ({str(error).splitlines()[0]})"
        ) from None
    return batches(examples, model, sample_rate=builders.rate_of(builder), **settings)


def batches(
    examples: tf.data.Dataset,
    model: keras.Model,
    batch_size: int = 32,
    seconds: float | None = None,
    training: bool = False,
    augment: bool = False,
    sample_rate: int | None = None,
    cache: PathLike | None = None,
    seed: int = 0,
) -> tf.data.Dataset:
    """Makes batches for a model: resampled, cropped or repeated, all in parallel.

    Args:
        examples: dictionaries with `audio`, int16 `(samples,)`, `label`, and `sample_rate`, Hz;
            such as those of `tfds_builders.folds.leave_one_out`.
        model: takes waveforms and has a `sample_rate`.
        batch_size: clips per batch.
        seconds: duration of each clip; by default the model's input length, or `SECONDS`.
        training: whether clips come in random order and are cropped at a random position;
            otherwise in the data set's order, from their beginning.
        augment: whether clips are rolled around a random point, inverted, and made up to 6 dB
            louder or softer, each at random.
        sample_rate: Hz, of examples without that feature.
        cache: file that stores resampled clips, in 16 bits, for later epochs; `None` for none.
        seed: the same seed gives the same batches, others in each epoch.

    Returns:
        `(waveforms, labels)`: float32 `(batch, samples)`, or `(batch, samples, 1)` according to the
        model's input, in [-1, 1], and int `(batch,)`.

    Raises:
        InputError: if the model's rate is not known, or a number is not above 0.
    """
    rate, shape = find_sample_rate(model), tuple(model.input_shape)
    if rate is None or len(shape) > 3:
        raise InputError(
            f"Expected a model that takes waveforms and has a `sample_rate`. {model.name} takes "
            f"{shape}, at {rate} Hz."
        )
    if batch_size < 1 or (seconds is not None and seconds <= 0):
        raise InputError(
            f"Expected `batch_size` and `seconds` above 0. Received: {batch_size} and {seconds}"
        )
    length = round(seconds * rate) if seconds else shape[1] or round(SECONDS * rate)
    auto = tf.data.AUTOTUNE
    clips = examples.map(lambda example: _typed(example, sample_rate), auto)
    if cache is not None:
        clips = clips.map(lambda clip: _resampled(clip, rate), auto).cache(str(cache))
    if training:
        clips = clips.shuffle(_SHUFFLED, seed)
    seeds = tf.data.Dataset.random(seed, rerandomize_each_iteration=True).batch(2, True)

    def make(clip, seed):
        waveform = _cut(clip, length, rate, seed if training else None)
        waveform = _augmented(waveform, seed) if augment else waveform
        return waveform[:, None] if len(shape) == 3 else waveform, clip["label"]

    return tf.data.Dataset.zip((clips, seeds)).map(make, auto).batch(batch_size).prefetch(auto)


def _typed(example, sample_rate):
    rate = example.get("sample_rate", sample_rate)
    if rate is None:
        raise InputError("Expected examples with a `sample_rate`; give `sample_rate`, in Hz.")
    audio = tf.reshape(tf.cast(example["audio"], tf.int16), [-1])
    return {"audio": audio, "sample_rate": tf.cast(rate, tf.int32), "label": example["label"]}


def _resampled(clip, rate):
    """A clip at another rate, in 16 bits."""
    waveform = tf.round(_at_rate(_to_float(clip["audio"]), clip["sample_rate"], rate) * 32768)
    audio = tf.cast(tf.clip_by_value(waveform, -32768, 32767), tf.int16)
    return {**clip, "audio": audio, "sample_rate": tf.constant(rate)}


def _cut(clip, length, rate, seed):
    """Float32 `(length,)` at `rate`, from the beginning, or a random position if there is a seed.

    Only the crop and its margin are resampled.
    """
    audio, from_rate = clip["audio"], clip["sample_rate"]
    ratio = tf.cast(from_rate, tf.float64) / rate
    needed = tf.cast(tf.math.ceil((length + _MARGIN_SECONDS * rate) * ratio), tf.int32)
    start = 0
    if seed is not None:
        last = tf.size(audio) - tf.cast(tf.math.ceil(length * ratio), tf.int32)
        start = tf.random.stateless_uniform([], seed, 0, tf.maximum(last, 0) + 1, tf.int32)
    waveform = _at_rate(_to_float(audio[start : start + needed]), from_rate, rate)
    repeats = -(-length // tf.maximum(tf.size(waveform), 1))
    return tf.ensure_shape(tf.tile(waveform, [repeats])[:length], [length])


def _at_rate(waveform, from_rate, rate):
    def change(waveform, from_rate):
        return resample(waveform[np.newaxis], int(from_rate), rate)[0]

    changed = tf.cond(
        from_rate == rate,
        lambda: waveform,
        lambda: tf.numpy_function(change, [waveform, from_rate], tf.float32, stateful=False),
    )
    return tf.ensure_shape(changed, [None])


def _to_float(audio):
    return tf.cast(audio, tf.float32) / 32768


def _augmented(waveform, seed):
    draw = tf.random.stateless_uniform([3], seed + 1)
    shift = tf.cast(draw[0] * tf.cast(tf.size(waveform), tf.float32), tf.int32)
    gain = 10 ** ((2 * draw[1] - 1) * _LEVEL_DB / 20) * tf.sign(draw[2] - 0.5)
    return tf.clip_by_value(gain * tf.roll(waveform, shift, 0), -1, 1)
