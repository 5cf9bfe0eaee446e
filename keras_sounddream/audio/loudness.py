"""Level, and a guard against peaks."""

from keras import ops

_TINY = 1e-12
_KNEE = 0.9  # peaks below it pass unchanged
_ROOM = 0.0999  # above the knee; a little short of 1, since additions round


def rms(waveform):
    """Root mean square of each clip.

    Args:
        waveform: float32 `(batch, samples)`.

    Returns:
        float32 `(batch, 1)`, linear; 1e-6 for silence.
    """
    return ops.sqrt(ops.mean(ops.square(waveform), axis=-1, keepdims=True) + _TINY)


def guard_peaks(waveform):
    """Bends what rises above 0.9 so that no sample reaches 1.

    Args:
        waveform: float32 `(batch, samples)`.

    Returns:
        float32 `(batch, samples)` in [-1, 1]; smooth, so that gradients pass.
    """
    return _bend(waveform)


@ops.custom_gradient
def _bend(waveform):
    straight = ops.clip(waveform, -_KNEE, _KNEE)
    bent = ops.tanh((waveform - straight) * (1 / _ROOM))

    def gradient(*args, upstream=None):
        return (args[0] if upstream is None else upstream) * (1.0 - ops.square(bent))

    return straight + _ROOM * bent, gradient


def hold_level(waveform, level, rounds=1):
    """Brings each clip to a root mean square, with no peak above 1.

    Args:
        waveform: float32 `(batch, samples)`.
        level: float32 `(batch, 1)`, root mean square.
        rounds: int; bending peaks costs loudness, and each round after the first makes up for
            what the one before lost.

    Returns:
        float32 `(batch, samples)` in [-1, 1].
    """
    for _ in range(rounds):
        waveform = guard_peaks(waveform * (level / rms(waveform)))
    return waveform
