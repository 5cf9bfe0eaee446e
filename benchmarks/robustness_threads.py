"""Eight threads on one object, against the same calls one after another: a row of robustness.py."""

import collections
import functools
import pathlib
import tempfile
import threading

import numpy as np

TITLE = "eight threads on one object"
THREADS, CALLS = 8, 20
PARTS = ["classifier", "embedder", "dreamer", "generator", "sonifier", "predict", "classify"]
PARTS += ["dream"]
SAMPLES = 48000
CLOSE = 1e-5  # of Python's models: sums are shared out among cores


@functools.cache
def lite_file(task, samples=SAMPLES):
    from lite import made_files

    path = pathlib.Path(tempfile.mkdtemp(), f"{task}.tflite")
    return made_files.write(path, samples, tasks=(task,))


def sounds(samples, count=THREADS):
    """A different tone for each thread."""
    time = np.arange(samples) / 8000
    tones = [0.3 * np.sin(2 * np.pi * 90 * (n + 1) * time) + 0.02 * n for n in range(count)]
    return [tone.astype("float32") for tone in tones]


def lite_call(part):
    """A function of a thread's number that calls the one object."""
    from keras_sounddream import lite

    if part == "generator":
        generator = lite.Generator(generator_file())
        return lambda i: generator.generate(0.5, seed=i)
    inputs = sounds(SAMPLES)
    if part == "classifier":
        classifier = lite.Classifier(lite_file("classify"))
        return lambda i: classifier.scores(inputs[i])
    if part == "dreamer":
        dreamer = lite.Dreamer(lite_file("dream"))
        return lambda i: dreamer.dream(inputs[i])
    embedder = lite.Embedder(lite_file("embed", 16000 if part == "sonifier" else SAMPLES))
    if part == "embedder":
        return lambda i: embedder.features(inputs[i])
    return lambda i: lite.sonify(embedder, inputs[i], "parameter_map")[0]


def generator_file():
    from keras_sounddream import applications
    from keras_sounddream.export import export_generator

    small = {"dilations": (1, 2, 4), "residual_channels": 6, "dilation_channels": 5}
    model = applications.WaveNet(**small, skip_channels=7, classes=16, sample_rate=1000)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.weights])
    path = pathlib.Path(tempfile.mkdtemp(), "generator.tflite")
    export_generator(model, path, count=100, verify=False)
    return path


def python_call(part):
    """The same of a network in Python: its scores, a file's classes, a dream."""
    from fuzz.seeds import small_model

    from keras_sounddream import DeepDream, objectives
    from keras_sounddream.applications.classify import score_waveform

    model, inputs = small_model(), sounds(8000)
    if part == "predict":
        return lambda i: model.predict(inputs[i][np.newaxis], verbose=0)
    if part == "classify":
        return lambda i: score_waveform(model, inputs[i][np.newaxis])
    dream = DeepDream(model, objectives.layer("conv"), octaves=1, steps=2)
    return lambda i: dream.run(inputs[i][np.newaxis]).waveform


def run(part, scale):
    """Counts of the calls of eight threads."""
    python = part in ("predict", "classify", "dream")
    call = python_call(part) if python else lite_call(part)
    wanted = [np.array(call(i)) for i in range(THREADS)]
    faults, examples, lock = collections.Counter(), [], threading.Lock()
    each = max(round(scale * (3 if part == "dream" else CALLS)), 2)
    start = threading.Barrier(THREADS)

    def work(i):
        start.wait()
        for _ in range(each):
            try:
                found = np.array(call(i))
                kind = "" if equal(found, wanted[i], CLOSE if python else 0) else "wrong answer"
                said = "" if not kind else f"off by {np.abs(found - wanted[i]).max():.3g}"
            except Exception as error:
                kind, said = type(error).__name__, str(error).splitlines()[0][:200]
            if kind:
                with lock:
                    faults[kind] += 1
                    if len(examples) < 3:
                        examples.append(f"{kind}: {said}")

    workers = [threading.Thread(target=work, args=(i,)) for i in range(THREADS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return {"tries": THREADS * each, "faults": faults, "examples": examples}


def equal(found, wanted, tolerance):
    return found.shape == wanted.shape and bool(np.all(np.abs(found - wanted) <= tolerance))
