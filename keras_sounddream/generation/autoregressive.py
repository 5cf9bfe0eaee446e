"""Autoregressive generation: `generate` checks its arguments, primes, samples and writes."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from keras_sounddream.audio import io
from keras_sounddream.backend import require_tensorflow
from keras_sounddream.errors import InputError
from keras_sounddream.generation import fast, naive
from keras_sounddream.generation.checks import check_growing, check_numbers
from keras_sounddream.generation.random_numbers import MOST_SAMPLES, random_numbers
from keras_sounddream.locks import locked
from keras_sounddream.types import Array, PathLike

METHODS = ("cached", "naive")


def generate(
    model: Any,
    seconds: float,
    *,
    conditions: Mapping[str, Sequence[str]] | None = None,
    local_condition: Array | None = None,
    prime: Array | None = None,
    batch_size: int = 1,
    seed: int = 0,
    temperature: float = 1.0,
    top_k: int | None = None,
    method: str = "cached",
    path: PathLike | None = None,
    save_every: float | None = None,
    overwrite: bool = False,
    on_samples: Callable[[int], Any] | None = None,
) -> Array:
    """Generates sound with a WaveNet.

    The same seed gives the same sound, by both methods, and each example of a batch the sound that
    it has in any other batch.

    Args:
        model: a model of `applications.WaveNet`.
        seconds: length, above 0.
        conditions: for each global condition, by its name, a list of labels, one per example, such
            as `{"genre": ["metal", "rock"]}`.
        local_condition: float32 `(batch, frames, channels)`, of the samples to generate.
        prime: float32 `(batch, samples)` or `(samples,)` at the model's rate, sound to continue;
            by default silence, which also precedes a sound that is short.
        batch_size: number of sounds, unless another argument implies it.
        seed: 0 or more.
        temperature: below 1 surer, above 1 wilder, 0 always the likeliest.
        top_k: number of the likeliest levels to draw from; by default all.
        method: `"cached"`, compiled; or `"naive"`, by the network itself, hundreds of times slower
            and meant for comparison.
        path: of a sound file to write, for a batch of one.
        save_every: seconds of sound after which the file is written; it is then a WAV that can be
            played at any time, also if the work is interrupted. By default it is written at the
            end.
        overwrite: whether `path` may be replaced.
        on_samples: called after each piece with its number of samples, for a progress bar.

    Returns:
        float32 `(batch, samples)` in [-1, 1], without the prime.

    Raises:
        InputError: if the model is no WaveNet, a label is unknown (with the nearest names), or
            something else does not fit.
    """
    require_tensorflow("Generation")
    plan = _check(model, seconds, seed, temperature, top_k, method)
    inputs = dict(plan.ids(conditions or {}))
    if local_condition is not None:
        inputs["local_condition"] = np.asarray(local_condition, "float32")
    lead, inputs = _lead(plan, prime, inputs, batch_size)
    num_samples = max(round(seconds * plan.sample_rate), 1)
    _check_frames(plan, inputs, num_samples)
    make = {"cached": fast.generated, "naive": naive.generated}[method]
    numbers = random_numbers(seed, len(lead))
    pieces = []
    with contextlib.nullcontext() if path is None else locked(path, "generate"):
        with _growing_file(path, save_every, plan.sample_rate, len(lead), overwrite) as file:
            for piece in make(model, lead, inputs, numbers, num_samples, temperature, top_k):
                pieces.append(piece)
                if file is not None:
                    file.add(piece[0])
                if on_samples is not None:
                    on_samples(piece.shape[1])
        waveform = np.concatenate(pieces, axis=1)
        if path is not None and save_every is None:
            io.save(path, waveform, plan.sample_rate, overwrite=overwrite)
    return waveform


def _check(model, seconds, seed, temperature, top_k, method):
    """The model's plan, after checks of all that does not depend on the batch."""
    plan = getattr(model, "plan", None)
    if plan is None or "predictions" not in (layer.name for layer in model.layers):
        raise InputError(f"Expected a model of applications.WaveNet, whole. Received: {model!r}")
    if not plan.scalar_input and "front_end" not in (layer.name for layer in model.layers):
        raise InputError(f"{model.name} takes levels. Build it with include_front_end=True.")
    check_numbers(seconds, seed, temperature, top_k)
    if seconds * plan.sample_rate > MOST_SAMPLES:
        raise InputError(
            f"Expected `seconds` of {MOST_SAMPLES / plan.sample_rate:.0f} at most, which is what a "
            f"WAV file holds. Received: {seconds!r}"
        )
    if method not in METHODS:
        raise InputError(f"`method` must be one of {list(METHODS)}. Received: {method!r}")
    if top_k is not None and plan.output != "softmax":
        raise InputError("`top_k` chooses levels; this network predicts a mixture. Leave it out.")
    if top_k is not None and not (isinstance(top_k, int) and 0 < top_k <= plan.levels):
        raise InputError(f"Expected a `top_k` from 1 to {plan.levels}. Received: {top_k!r}")
    return plan


def _lead(plan, prime, inputs, batch_size):
    """The sound before the first sample, `(batch, plan.lead)`, and the inputs for as many."""
    prime = np.zeros((1, 0), "float32") if prime is None else np.asarray(prime, "float32")
    prime = prime[None] if prime.ndim == 1 else prime
    if prime.ndim != 2 or not np.isfinite(prime).all():
        raise InputError(
            f"Expected `prime` (batch, samples) of finite numbers. Received shape: {prime.shape}"
        )
    sizes = {"batch_size": batch_size, "prime": len(prime)}
    sizes |= {name: len(values) for name, values in inputs.items()}
    batch = max(sizes.values())
    if not isinstance(batch_size, int) or batch < 1 or set(sizes.values()) - {1, batch}:
        raise InputError(f"Expected as many of each, or one of it. Received: {sizes}")
    prime = np.pad(prime, ((0, 0), (plan.lead, 0)))[:, -plan.lead :]
    inputs = {name: np.repeat(a, batch // len(a), axis=0) for name, a in inputs.items()}
    return np.repeat(prime, batch // len(prime), axis=0), inputs


def _check_frames(plan, inputs, num_samples):
    frames = inputs.get("local_condition")
    if not plan.local_channels:
        if frames is not None:
            raise InputError("This network takes no `local_condition`. Leave it out.")
        return
    least = -(-num_samples // plan.local_hop)
    shape = None if frames is None else frames.shape
    if shape is None or len(shape) != 3 or shape[2] != plan.local_channels or shape[1] < least:
        raise InputError(
            f"Expected a `local_condition` (batch, {least} frames or more, "
            f"{plan.local_channels}). Received: {shape}"
        )


def _growing_file(path, save_every, sample_rate, batch, overwrite):
    """A context of the file that pieces are written to as they come, or of `None`."""
    if path is None:
        return contextlib.nullcontext()
    io.check_sound_output(path, overwrite)
    if batch != 1:
        raise InputError(f"Expected a batch of one to write to {path}. Received: {batch}")
    if save_every is None:
        return contextlib.nullcontext()
    check_growing(path, save_every)
    from keras_sounddream.audio.wav_writer import GrowingWav

    return GrowingWav(path, sample_rate, round(save_every * sample_rate))
