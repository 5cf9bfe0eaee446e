"""Odd sounds in everything that takes arrays: a row of benchmarks/robustness.py.

Each answer is finite, or an `InputError`; Python and the exported file agree on what is a sound,
and on the scores of a sound of the file's length.
"""

import collections
import functools
import pathlib
import warnings

import numpy as np

TITLE = "odd sounds"
PARTS = ["preprocess_input", "classify", "predict", "dream", "lite", "lite and Python"]
ROOT = pathlib.Path(__file__).resolve().parents[1]
FILE = ROOT / "saved_models/exports/log_mel_cnn_esc10_classify_5s_float16.tflite"
RATE = 24000
CLOSE = 0.03  # of scores in 16 bits
PRIMES = (2, 3, 5, 101, 1009, 10007, 119993)
KINDS = ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")
KINDS += ("complex64", "object", "U8")
SCALED = ("form int16 as float", "form 24 bits as float")
LEVELS = (1e-45, 1e-38, 1e-20, 1e-10, 1e-6, 1e-4, 0.01, 1.0, 1.0001, 1.5, 2, 10, 100, 101, 1e4)
LEVELS += (32767, 1e10, 1e20, 1e30, 3e38)


def tone(samples, hertz=440):
    return np.sin(2 * np.pi * hertz * np.arange(samples) / RATE).astype("float32")


@functools.cache
def signals():
    """Name → array: 110 sounds, and what is none."""
    found = {f"{n} samples": 0.5 * tone(n) for n in (0, 1, *PRIMES, 600, 5 * RATE, 70 * RATE)}
    found |= {f"level {level:g}": np.float32(level) * tone(RATE) for level in LEVELS}
    found |= {f"constant {x:g}": np.full(RATE, x, "float32") for x in (0, 1e-6, 0.5, 1, -1, 1e30)}
    found |= {f"one {x} sample": with_one(x) for x in (np.nan, np.inf, -np.inf, 1e30, 1e10, 5)}
    found |= {f"of {kind}": as_kind(kind) for kind in KINDS}
    found |= {f"layout {name}": array for name, array in layouts().items()}
    found |= {f"shape {name}": array for name, array in shapes().items()}
    return found | forms() | views()


def with_one(value):
    sound = 0.5 * tone(RATE)
    sound[1000] = value
    return sound


def as_kind(kind):
    sound = 0.5 * tone(RATE)
    if kind.startswith(("int", "uint")):
        return (sound * np.iinfo(kind).max).astype(kind)
    return (sound > 0) if kind == "bool" else sound.astype(kind)


def layouts():
    """Stereo in each order, alike, against each other, with a silent side."""
    left, right = 0.5 * tone(RATE), 0.5 * tone(RATE, 660)
    pairs = {"both": (left, right), "antiphase": (left, -left), "one side": (left, 0 * left)}
    made = {}
    for name, pair in pairs.items():
        made[f"{name}, last"] = np.stack(pair, 1)
        made[f"{name}, first"] = np.stack(pair)
        made[f"{name}, batch last"] = np.stack(pair, 1)[np.newaxis]
        made[f"{name}, batch first"] = np.stack(pair)[np.newaxis]
    return made


def shapes():
    sound = 0.5 * tone(RATE)
    made = {str(shape): np.zeros(shape, "float32") for shape in ((), (1, 0), (0, 5), (1, 0, 2))}
    made |= {"(1, n)": sound[np.newaxis], "(n, 1)": sound[:200, np.newaxis]}
    made |= {"(3, n)": np.stack([sound] * 3), "(2, n, 2)": np.zeros((2, RATE, 2), "float32")}
    return made | {"(1, n, 1)": sound[np.newaxis, :, np.newaxis], "(1, 1, 1, n)": sound[None, None]}


def forms():
    """Forms of waves, most of them at full scale."""
    rng, sound = np.random.default_rng(0), tone(RATE)
    made = {"square": np.sign(sound), "clipped": np.clip(3 * sound, -1, 1)}
    made |= {"impulse": np.eye(1, RATE, 500)[0], "noise": rng.uniform(-1, 1, RATE)}
    made |= {"one bit": sound * 2.0**-15, "sign changes": np.tile([1.0, -1.0], RATE // 2)}
    made |= {"loud end": np.append(np.zeros(RATE - 1), 1), "below hearing": tone(RATE, 1)}
    made |= {"at Nyquist": tone(RATE, RATE / 2), "above Nyquist": tone(RATE, 17000)}
    made |= {"fading": sound * np.linspace(1, 0, RATE), "offset": 0.4 * sound + 0.5}
    made |= {"int16 as float": np.round(sound * 32767), "int16 quiet": np.round(sound * 40)}
    made |= {"int8 as float": np.round(sound * 127), "24 bits as float": np.round(sound * 2**23)}
    made |= {"gap": np.where(np.arange(RATE) % 4000 < 2000, sound, 0), "ramp": np.linspace(-1, 1)}
    made |= {"denormals": np.full(RATE, 1e-42), "negative zero": np.full(RATE, -0.0)}
    return {f"form {name}": np.float32(wave) for name, wave in made.items()}


def views():
    """The same sound in other ways of memory, and what is no array."""
    sound = 0.5 * tone(RATE)
    frozen = sound.copy()
    frozen.setflags(write=False)
    made = {"reversed": sound[::-1], "every second": tone(2 * RATE)[::2], "frozen": frozen}
    made |= {"big endian": sound.astype(">f4"), "Fortran": np.asfortranarray(sound[np.newaxis])}
    made |= {"list": sound.tolist(), "masked": np.ma.masked_array(sound, sound > 0.4)}
    made |= {"None": None, "text": "sound.wav", "bytes": b"RIFF", "number": 0.5, "dict": {"a": 1}}
    made |= {"ragged": [[0.1, 0.2], [0.1]], "all NaN": np.full(RATE, np.nan, "float32")}
    return {f"as {name}": value for name, value in made.items()}


@functools.cache
def model():
    from keras_sounddream import applications

    return applications.LogMelCNN(weights="esc10")


@functools.cache
def classifier():
    from keras_sounddream.lite import Classifier

    return Classifier(FILE)


@functools.cache
def calls():
    """Name → function of a sound to an array."""
    from fuzz.seeds import small_model

    from keras_sounddream import DeepDream, objectives
    from keras_sounddream.applications import log_mel_cnn
    from keras_sounddream.applications.classify import score_waveform

    small = small_model()
    dream = DeepDream(small, objectives.layer("conv"), octaves=1, steps=2)
    prepare = functools.partial(log_mel_cnn.preprocess_input, sample_rate=RATE)
    return {
        "preprocess_input": prepare,
        "classify": lambda sound: score_waveform(model(), batched(sound)),
        "predict": lambda sound: model().predict(prepare(sound), verbose=0),
        "dream": lambda sound: dream.run(sound).waveform,
        "lite": lambda sound: classifier().scores(sound),
    }


def batched(sound):
    return sound[np.newaxis] if isinstance(sound, np.ndarray) and sound.ndim == 1 else sound


def answer(call, sound):
    """An array, or the kind of a refusal or fault; a reason; and whether it warned."""
    from keras_sounddream.errors import InputError

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            found = np.asarray(call(sound))
        except InputError as error:
            return "refused", str(error), False
        except Exception as error:
            reason = (str(error).splitlines() or [""])[0][:150]
            return f"traceback {type(error).__name__}", reason, False
    warned = any(issubclass(w.category, UserWarning) for w in said)
    return (found if np.isfinite(found).all() else "not finite"), "", warned


def silent_fault(part, name, found):
    """The fault of an answer that came without a word; `""` if none is known."""
    if part in ("preprocess_input", "dream", "lite") and name in SCALED:
        return "scale of integers taken as it is"
    if part != "preprocess_input":
        return ""
    if name.endswith("batch first"):
        wanted = answer(calls()[part], signals()[name.replace("first", "last")])[0]
        if np.shape(found) != np.shape(wanted) or not np.allclose(found, wanted):
            return "channels taken for samples"
    if "antiphase" in name and not name.endswith("antiphase, first") and not np.any(found):
        return "sound that cancels in mono"
    return ""


def run(part, scale):
    """Counts of every sound in one call."""
    faults, examples = collections.Counter(), []
    chosen = list(signals().items())[:: max(round(1 / scale), 1)]
    for name, sound in chosen:
        if part == "lite and Python":
            kind, reason = disagreement(sound)
        else:
            found, reason, warned = answer(calls()[part], sound)
            read = not isinstance(found, str)
            kind = found if not read else "" if warned else silent_fault(part, name, found)
        if kind and kind != "refused":
            faults[kind] += 1
            examples.append(f"{name}: {kind} {reason}")
    return {"tries": len(chosen), "faults": faults, "examples": examples}


def disagreement(sound):
    """The difference of Python's classifier and the exported file; `""` if they agree."""
    both = [answer(calls()[name], sound)[:2] for name in ("predict", "lite")]
    if isinstance(sound, list) or np.ndim(sound) > 2:
        return "", ""  # lists perhaps of unequal lengths; files take one channel
    if np.ndim(sound) > 1 and np.shape(sound)[0] != 1:
        return "", ""  # a batch, which files do not take
    read = [not isinstance(kind, str) for kind, _ in both]
    if read[0] != read[1]:
        return "one refuses", both[read[0]][1]
    exact = np.shape(sound)[-1:] == (5 * RATE,)
    if not read[0] or not exact or np.size(both[0][0]) != np.size(both[1][0]):
        return "", ""
    gap = np.abs(both[0][0].ravel() - both[1][0].ravel()).max()
    return ("other scores", f"by {gap:.3g}") if gap > CLOSE else ("", "")
