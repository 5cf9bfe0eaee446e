"""Small files of weights, models, tables and states from which mutated ones are made."""

import csv
import functools
import io
import json
import pathlib
import tempfile

import numpy as np
from convert import writers

DREAMED, DREAM = 8, {"model": "x", "steps": 3}  # samples and identity of a partial dream


def written(name, write, *arguments):
    """Bytes of a file that `write(path, …)` makes."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, name)
        write(path, *arguments)
        return path.read_bytes()


@functools.cache
def arrays():
    rng = np.random.default_rng(0)
    return {"a/kernel": rng.normal(0, 1, (3, 4)).astype("float32"), "a/bias": np.arange(4.0)}


@functools.cache
def weights(*names):
    """Bytes of `arrays()` in the files of these names of `writers.WRITERS`."""
    return [written(name, writers.WRITERS[name], arrays()) for name in names]


def npy():
    alone = io.BytesIO()
    np.save(alone, np.arange(12, dtype="int16").reshape(3, 4).T)
    return [*weights("weights.npy"), alone.getvalue()]


@functools.cache
def checkpoint():
    """Bytes of a checkpoint's index and data."""
    with tempfile.TemporaryDirectory() as folder:
        writers.write_checkpoint(pathlib.Path(folder, "weights.index"), arrays())
        index, data = (next(pathlib.Path(folder).glob(f"*.{end}*")) for end in ("index", "data"))
        return index.read_bytes(), data.read_bytes()


@functools.cache
def small_model():
    """A network on waveforms with layers of this package."""
    import keras

    from keras_sounddream.audio import Analysis, LogMelSpectrogram

    keras.utils.set_random_seed(0)
    analysis = Analysis(sample_rate=8000, step_seconds=0.02, num_mel_bins=8)
    inputs = keras.Input((None,), name="waveform")
    x = LogMelSpectrogram(analysis, name="front_end")(inputs)
    x = keras.layers.Conv1D(4, 3, padding="same", activation="relu", name="conv")(x)
    x = keras.layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, keras.layers.Dense(3, "softmax", name="top")(x), name="small")


@functools.cache
def keras_files():
    return [written("model.keras", small_model().save)]


@functools.cache
def tflite_files():
    """Bytes of a plain flatbuffer of one task, and of a packed one with its metadata."""
    from lite import made_files

    plain = made_files.flatbuffer(tasks=("classify",))
    made = made_files.metadata(tasks=("classify",))
    return [plain, made_files.pack(plain, made)]


@functools.cache
def metadata_files():
    from lite import made_files

    plain = made_files.metadata()
    several = made_files.metadata(labels={"a": ("x", "y"), "b": ("z",)}, size=(3, 4))
    alone = made_files.metadata(tasks=("classify",))
    return [each.to_files()["sounddream.json"] for each in (alone, plain, several)]


def tables():
    """Bytes of tables of sounds, of genres, and of ESC-50's and UrbanSound8K's clips."""
    rows = (
        [("file", "digit"), ("a.wav", "one"), ("b.wav", "two")],
        [("tag", "genre"), ("metal core", "metal"), ("rap", "hip hop")],
        [("filename", "fold", "target", "category"), ("1-2-A.wav", "1", "0", "dog")],
        [
            ("slice_file_name", "fsID", "start", "end", "salience", "fold", "classID", "class"),
            ("1-0-0-0.wav", "1", "0.0", "4.0", "1", "1", "0", "air_conditioner"),
        ],
    )
    made = []
    for table in rows:
        text = io.StringIO()
        csv.writer(text).writerows(table)
        made.append(text.getvalue().encode())
    return [*made, b"\xef\xbb\xbf" + made[0], made[0].decode().encode("utf-16")]


def logs():
    lines = [json.dumps({"step": n, "loss": 5 - n / 9, "seconds": 0.1}) for n in range(6)]
    ours = "\n".join([*lines[:3], '{"restart": true}', *lines[3:]])
    old = "step 0 - loss = 5.5, (30.1 sec/step)\nstep 1 - loss = 5.4, (0.3 sec/step)\n"
    return [ours.encode(), (old + "Restarting the service at 2017\n" + old).encode()]


@functools.cache
def partial_dream():
    """Files of a long dream of which two segments are finished: name → bytes."""
    from keras_sounddream.deepdream.long_sounds.checkpoint import StreamCheckpoint

    with tempfile.TemporaryDirectory() as folder:
        part = StreamCheckpoint(pathlib.Path(folder, "dream.wav"), DREAM)
        for number in range(2):
            row = {"silent": False, "objective_before": 1.0, "objective_believed": 2.0}
            row |= {"objective": [1.0, 2.0], "start_seconds": 0.5 * number, "seconds": 1.5}
            samples = np.arange(DREAMED // 2, dtype="int16") + number
            part.append(samples, np.zeros(3, "float32"), row)
        return {path.name: path.read_bytes() for path in part.folder.iterdir()}


def dream_states():
    """Bytes of `state.json` of that dream."""
    return [partial_dream()["state.json"]]


def settings_files():
    made = {"dilations": [1, 2, 4], "residual_channels": 8, "sample_rate": 8000}
    old = {"quantization_channels": 256, "dilations": [1, 2], "use_biases": True}
    return [json.dumps(each).encode() for each in (made, old)]


def server_configs():
    entry = "  config {{\n    name: '{0}'\n    base_path: '/models/{0}'\n  }}\n"
    one = "model_config_list {\n" + entry.format("a") + "}\n"
    plain = 'model_config_list { config { name: "b" base_path: "/b" } } # mine\n'
    return [one.encode(), plain.encode(), b"", (one + "# my edit }\n").encode()]


@functools.cache
def archives():
    """Bytes of archives of a small data set: two folders of a sound each."""
    import shutil

    from fuzz.sound_seeds import sound

    made = []
    for kind, suffix in (("zip", ".zip"), ("tar", ".tar"), ("gztar", ".tar.gz")):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("one", "two"):
                pathlib.Path(folder, "data", name).mkdir(parents=True)
                path = pathlib.Path(folder, "data", name, f"0_{name}_0.wav")
                path.write_bytes(sound("WAV", "PCM_16"))
            shutil.make_archive(f"{folder}/made", kind, f"{folder}/data")
            made.append(pathlib.Path(f"{folder}/made{suffix}").read_bytes())
    return [*made, b"<!DOCTYPE html><html><body>404 Not Found</body></html>"]


@functools.cache
def training_states():
    """Bytes of a state of a small network's training, as `TrainingState` writes it."""
    model = compiled_model()
    model.fit(np.ones((2, 1600), "float32"), np.array([0, 1]), verbose=0)
    return [written("state.weights.h5", model.save_weights)]


@functools.cache
def compiled_model():
    model = small_model()
    model.compile("adam", "sparse_categorical_crossentropy")
    return model
