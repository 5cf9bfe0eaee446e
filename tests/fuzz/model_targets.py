"""Targets that read weights, models, states and what surrounds them."""

import functools
import hashlib
import io
import shutil
import zipfile

import numpy as np
from fuzz import seeds
from fuzz.sound_targets import WrongAnswerError, folder, written

from keras_sounddream.errors import InputError


def weights(data):
    """Weights in any format, by their content."""
    from keras_sounddream.convert import read_arrays

    for name, array in read_arrays(written(data, "weights")).items():
        if array.dtype.kind not in "biuf":
            raise WrongAnswerError(f"{name} is of {array.dtype}")


def checkpoint_seeds():
    """A checkpoint's two files in one: the length of the index, the index, the data."""
    index, data = seeds.checkpoint()
    return [len(index).to_bytes(4, "little") + index + data]


def checkpoint(data):
    """A checkpoint of TensorFlow, its index or its data damaged."""
    from keras_sounddream.convert import read_arrays

    length = min(int.from_bytes(data[:4], "little"), len(data))
    written(data[4 : 4 + length], "check.index")
    written(data[4 + length :], "check.data-00000-of-00001")
    read_arrays(folder() / "check")


def keras_file(data):
    """A model in Keras's format."""
    from keras_sounddream.applications.registry import load_model

    load_model(str(written(data, "model.keras")))


def picture(data):
    """A picture in any format."""
    from keras_sounddream.images.io import is_picture, load_picture

    path = written(data, "picture.png")
    is_picture(path)
    pixels = load_picture(path)
    if pixels.ndim != 4 or pixels.shape[-1] != 3 or not 0 <= pixels.min() <= pixels.max() <= 255:
        raise WrongAnswerError(f"no pixels: {pixels.shape}")


def metadata(data):
    """The metadata of an exported file."""
    from keras_sounddream.export.metadata import Metadata

    Metadata.from_json(data).to_files()


def lite_metadata(data):
    """A classifier whose flatbuffer is whole and whose metadata are damaged."""
    from keras_sounddream.lite import Classifier

    flatbuffer = seeds.tflite_files()[0]
    buffer = io.BytesIO(flatbuffer)
    buffer.seek(0, io.SEEK_END)
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("flatbuffer.sha256", hashlib.sha256(flatbuffer).hexdigest())
        archive.writestr("sounddream.json", data)
    classifier = Classifier(written(buffer.getvalue(), "packed.tflite"))
    scores = classifier.scores(np.full(900, 0.1, "float32"))
    classifier.best(scores)
    if not np.isfinite(scores).all():
        raise WrongAnswerError("scores that are not finite")


def lite_model(data):
    """An exported file, damaged anywhere."""
    from keras_sounddream.lite import Classifier

    Classifier(written(data, "lite.tflite")).scores(np.full(900, 0.1, "float32"))


def foreign_model(data):
    """A flatbuffer without metadata, which is tried out in a process of its own."""
    from keras_sounddream.lite import Classifier

    labels, path = ("a", "b", "c"), written(data, "foreign.tflite")
    Classifier(path, labels=labels, sample_rate=8000).scores(np.full(900, 0.1, "float32"))


def dream_state(data):
    """The state of a partial dream: taken up whole, refused, or discarded with `overwrite`."""
    from keras_sounddream.deepdream.long_sounds.checkpoint import StreamCheckpoint

    def begin(overwrite):
        for name, content in (seeds.partial_dream() | {"state.json": data}).items():
            written(content, f"dream.wav.part/{name}")
        part = StreamCheckpoint(folder() / "dream.wav", seeds.DREAM, overwrite)
        if not isinstance(part.num_samples, int) or not 0 <= part.num_samples <= seeds.DREAMED:
            raise WrongAnswerError(f"{part.num_samples} samples are said to be finished")

    try:
        begin(False)
    except InputError:
        begin(True)
        raise
    finally:
        shutil.rmtree(folder() / "dream.wav.part", ignore_errors=True)


def training_state(data):
    """The newest state of a training, of two: taken up, or the one before."""
    from keras_sounddream.training.classifier import TrainingState

    run = folder() / "run"
    shutil.rmtree(run, ignore_errors=True)
    written(seeds.training_states()[0], "run/state-000001.weights.h5")
    written(data, "run/state-000002.weights.h5")
    model = seeds.compiled_model()
    epochs = TrainingState(run, 0).restore(model)
    if epochs not in (1, 2):
        raise WrongAnswerError(f"it goes on after {epochs} epochs, of 1 and 2")


@functools.cache
def _decoder():
    import tensorflow as tf

    from keras_sounddream.export.saved_model.wav_decoder import decode_wav

    return tf.function(lambda data: decode_wav(data), [tf.TensorSpec((), tf.string)])


def served_refusals():
    """Errors by which a served model answers a request."""
    import tensorflow as tf

    return (tf.errors.InvalidArgumentError,)


def served_wav(data):
    """The WAV decoder of served models."""
    import tensorflow as tf

    waveform, rate, *fault = _decoder()(tf.constant(data))
    if fault and fault[0].numpy():  # before it was an answer, it was an InvalidArgumentError
        raise InputError(fault[0].numpy().decode())
    if not np.isfinite(waveform.numpy()).all() or not waveform.numpy().size or rate < 1:
        raise WrongAnswerError(f"no sound: {waveform.shape} at {rate} Hz")


def archive(data):
    """An archive that a data set without an address on the network is to be built from."""
    from keras_sounddream.datasets.tfds import builders

    root = folder() / "build"
    shutil.rmtree(root, ignore_errors=True)
    name = "data.zip" if data[:2] == b"PK" else "data.tar.gz" if data[:2] == b"\x1f\x8b" else None
    path = written(data, f"build/manual/{name or 'data.tar'}")
    builder = builders.find_builder("dog_sounds_and_pictures/pairs", root / "sets")
    builders.prepare(builder, path.parent)


def server_config(data):
    """`models.config`, as a user edited it, to which a model is added: it stays one."""
    from keras_sounddream.export.saved_model import serving

    shutil.rmtree(folder() / "served", ignore_errors=True)
    path, whole = written(data, "served/models.config"), _is_config(data)
    served = folder() / "served"
    serving._write_around(served, serving._listed(served, "added"))
    after = path.read_bytes()
    if whole and not (_is_config(after) and b"added" in after):
        raise WrongAnswerError("a file that the server read is one that it cannot read")


def _is_config(data):
    from google.protobuf import empty_pb2, text_format

    try:
        text_format.Parse(data, empty_pb2.Empty(), allow_unknown_field=True)
    except (text_format.ParseError, UnicodeDecodeError):
        return False
    return True
