"""The processor: its name and vector instructions, and which precision is quicker on it, measured.

Half of a processor's speed hangs on instructions that its name does not tell, so a choice between
two ways of computing is made by trying both, once: the answer is kept in Keras's cache folder.
"""

import json
import math
import os
import pathlib
import platform
import time
import warnings
from collections.abc import Callable
from typing import Any

from keras_sounddream.errors import InputError, InputWarning
from keras_sounddream.files import cache_folder, written_beside

_CPU_INFO = pathlib.Path("/proc/cpuinfo")
_INSTRUCTIONS = {  # flag of Linux: how it is written
    "avx2": "AVX2",
    "avx512f": "AVX-512",
    "avx512_bf16": "AVX512-BF16",
    "amx_bf16": "AMX-BF16",
    "asimd": "NEON",
    "bf16": "BF16",
}
_SWITCHES = ("TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA")  # environment variables: other kernels
_ALIKE = 1.05  # a ratio of times below which there is no choice to make
_CHANNELS, _SIDE, _TRIES = 96, 64, 5  # of the convolution that is timed


def describe() -> str:
    """Name, number of cores and vector instructions of this processor, for a page of figures."""
    fields = dict(line.split(":", 1) for line in _cpu_info() if ":" in line)
    named = {name.strip(): value.strip() for name, value in fields.items()}
    flags = (named.get("flags") or named.get("Features") or "").split()
    name = named.get("model name") or platform.processor() or platform.machine()
    known = [word for flag, word in _INSTRUCTIONS.items() if flag in flags]
    switches = [f"{switch}={os.environ[switch]}" for switch in _SWITCHES if switch in os.environ]
    return ", ".join(
        [f"{name} ({platform.machine()})", f"{os.cpu_count()} cores", *known, *switches]
    )


def settle_precision(precision: str, quick: str = "bfloat16") -> str:
    """Precision to compute in: of `"auto"` `quick` or `"float32"`, of another one itself.

    Keras's `"mixed_bfloat16"` counts as bfloat16.

    Warns:
        InputWarning: if bfloat16 is asked for where it is slower, or cannot be computed at all:
            then float32 is taken.
    """
    if precision == "auto":
        return quick if bfloat16_ratio() * _ALIKE < 1 else "float32"
    if precision.endswith("bfloat16") and (ratio := bfloat16_ratio()) > _ALIKE:
        cannot = math.isinf(ratio)
        why = "does not work" if cannot else f"takes {ratio:.1f} times as long as float32"
        instead = "float32 is taken" if cannot else '"auto" takes the quicker one'
        text = f"precision={precision!r} {why} on this processor: {instead}."
        warnings.warn(text, InputWarning, stacklevel=3)
        return "float32" if cannot else precision
    return precision


def bfloat16_ratio() -> float:
    """Time of a convolution and its gradient in bfloat16, divided by that in float32.

    Infinite where the kernels fail. Measured once per processor and TensorFlow, in a second; a
    failure is not kept, since memory may have been short.
    """
    import tensorflow as tf

    graphics = len(tf.config.list_physical_devices("GPU"))
    key = f"bfloat16, {describe()}, {graphics} GPUs, TensorFlow {tf.__version__}"
    kept = _kept()
    ratio = kept[key] if key in kept else _measure()
    if key not in kept and math.isfinite(ratio):
        _keep({**kept, key: ratio})
    return ratio


def _measure():
    try:
        return _seconds("bfloat16") / _seconds("float32")
    except Exception:  # oneDNN's errors are of no class in particular
        return math.inf


def _seconds(dtype):
    """Least time of a convolution and its gradient."""
    import tensorflow as tf

    x = tf.ones((1, _SIDE, _SIDE, _CHANNELS), dtype)
    kernel = tf.ones((3, 3, _CHANNELS, _CHANNELS), dtype)

    @tf.function(autograph=False)
    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "SAME"))
        return tape.gradient(y, x)

    return min(_timed(lambda: step(x).numpy()) for _ in range(_TRIES))


def _timed(function: Callable[[], Any]):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def _cache():
    return cache_folder() / "keras_sounddream" / "measured.json"


def _kept():
    """What was measured before; nothing if the file is not there or not what was written."""
    try:
        kept = json.loads(_cache().read_text("utf-8"))
        return {str(key): float(value) for key, value in kept.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _keep(kept):
    """Writes what was measured; where that is not allowed, it is measured again next time."""
    try:
        _cache().parent.mkdir(parents=True, exist_ok=True)
        with written_beside(_cache(), overwrite=True) as temporary:
            temporary.write_text(json.dumps(kept), "utf-8")
    except (OSError, InputError):
        pass


def _cpu_info():
    return _CPU_INFO.read_text("utf-8").splitlines() if _CPU_INFO.is_file() else []
