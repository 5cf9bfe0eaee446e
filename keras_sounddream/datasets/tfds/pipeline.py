"""From a data set of TensorFlow Datasets to batches that a model takes, in one line."""

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from keras_sounddream.audio.io import resample
from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.datasets.tfds import builders
from keras_sounddream.errors import InputError

SECONDS = 5.0  # of clips for a model that takes any length
_MARGIN_SECONDS = 0.05  # resampled beyond what is kept, so that its end hears what follows
_LEVEL_DB = 6.0  # up or down, of augmentation
_SHUFFLED = 256  # clips in memory to draw from
_KEYS = ("audio", "sample_rate", "label")


def dataset(data, model, split="train", data_dir=None, manual_dir=None, **settings):
    """Reads a data set as batches of waveforms and labels that a model takes.

    A data set that is not there yet is built.

    Args:
        data: str, a name of TFDS's or of `tfds_builders`' (`"esc50/esc10"`), or a
            `tfds.core.DatasetBuilder`.
        model: as of `batches`.
        split: str, such as `"train"` or `"fold1+fold2"`.
        data_dir: str or path that TFDS keeps data sets in; `None` for its own.
        manual_dir: str or path of a folder that the data set is built from; `None` for TFDS's own.
        **settings: of `batches`.

    Returns:
        `tf.data.Dataset`, as of `batches`.

    Raises:
        InputError: if there is no such data set or split, or as `batches`.

    Example:
        train = training.dataset("esc50/esc10", model, "fold1+fold2+fold3+fold4", training=True)
        model.fit(train, validation_data=training.dataset("esc50/esc10", model, "fold5"))
    """
    is_builder = isinstance(data, tfds.core.DatasetBuilder)
    builder = data if is_builder else builders.find_builder(data, data_dir)
    builders.prepare(builder, manual_dir)
    lacking = [name for name in ("audio", "label") if name not in builder.info.features]
    if lacking:
        raise InputError(
            f"Expected a data set with audio and label. {builder.info.full_name} lacks "
            f"{' and '.join(lacking)}; it has {', '.join(builder.info.features)}."
        )
    wanted = {name: True for name in _KEYS if name in builder.info.features}
    reading = {"decoders": tfds.decode.PartialDecoding(wanted)}
    try:
        found = builder.as_dataset(
            split=split, shuffle_files=settings.get("training", False), **reading
        )
    except (ValueError, NotImplementedError) as error:
        raise InputError(
            f"Expected a split of {builder.info.full_name} ({', '.join(builder.info.splits)}). "
            f"Received: {split!r} ({str(error).splitlines()[0]})"
        ) from None
    return batches(found, model, sample_rate=builders.rate_of(builder), **settings)


def batches(
    examples,
    model,
    batch_size=32,
    seconds=None,
    training=False,
    augment=False,
    sample_rate=None,
    cache=None,
    seed=0,
):
    """Makes batches of what a model takes: resampled, cropped or repeated, all in parallel.

    Args:
        examples: `tf.data.Dataset` of dictionaries with `audio`, integers of 16 bits `(samples,)`,
            `label`, and `sample_rate`, Hz; such as those of `tfds_builders.folds.leave_one_out`.
        model: `keras.Model` that takes waveforms and knows its `sample_rate`.
        batch_size: int.
        seconds: float, s, of each clip; by default what the model takes, or `SECONDS`.
        training: bool, whether clips come in random order and are cropped at a random place;
            otherwise in the data set's order, from their beginning.
        augment: bool, whether clips are turned around a random point, inverted, and made up to
            6 dB louder or softer, each at random.
        sample_rate: int, Hz, of examples that do not say theirs.
        cache: str or path of a file that resampled clips are kept in, in 16 bits, for the epochs
            that follow; `None` for none.
        seed: int; the same seed gives the same batches, of which each epoch has its own.

    Returns:
        `tf.data.Dataset` of `(waveforms, labels)`: float32 `(batch, samples)`, or
        `(batch, samples, 1)` if the model takes these, in [-1, 1], and int `(batch,)`.

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
    """Float32 `(length,)` at `rate`, from the beginning, or from a random place if there is a seed.

    What is not kept is not resampled.
    """
    audio, from_rate = clip["audio"], clip["sample_rate"]
    ratio = tf.cast(from_rate, tf.float64) / rate
    taken = tf.cast(tf.math.ceil((length + _MARGIN_SECONDS * rate) * ratio), tf.int32)
    start = 0
    if seed is not None:
        last = tf.size(audio) - tf.cast(tf.math.ceil(length * ratio), tf.int32)
        start = tf.random.stateless_uniform([], seed, 0, tf.maximum(last, 0) + 1, tf.int32)
    waveform = _at_rate(_to_float(audio[start : start + taken]), from_rate, rate)
    times = -(-length // tf.maximum(tf.size(waveform), 1))
    return tf.ensure_shape(tf.tile(waveform, [times])[:length], [length])


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
    turn = tf.cast(draw[0] * tf.cast(tf.size(waveform), tf.float32), tf.int32)
    gain = 10 ** ((2 * draw[1] - 1) * _LEVEL_DB / 20) * tf.sign(draw[2] - 0.5)
    return tf.clip_by_value(gain * tf.roll(waveform, turn, 0), -1, 1)
