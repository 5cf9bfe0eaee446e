"""Frames of a local condition, for the pieces of sounds that a WaveNet is trained on."""

import numpy as np

from keras_sounddream.applications.wavenet.config import WaveNetConfig
from keras_sounddream.datasets.corpus import Sounds
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array


def cut_frames(
    frames: Array, plan: WaveNetConfig, piece_samples: int, offset: int, start: int
) -> Array:
    """Frames of the piece at a sample `offset` of a sound that begins at `start`.

    From `plan.lead` samples before `offset` on: `(piece's frames, channels)`. The first frame
    lasts backwards through what comes before, as in `generate`; the last one behind the end.
    """
    hop = plan.local_hop
    numbers = np.arange(offset - plan.lead, offset + piece_samples, hop) // hop
    return frames[np.clip(numbers, start // hop, len(frames) - 1)]


def example_frames(
    sounds: Sounds, plan: WaveNetConfig, num_samples: int, turn: int
) -> dict[str, Array]:
    """`local_condition` of sound number `turn`, `(1, frames, channels)`, in a dict; or no entry.

    The last frame is repeated up to `num_samples`; behind the last sound comes the first.
    """
    if not plan.local_channels:
        return {}
    frames = sounds.frames[turn % len(sounds)]
    numbers = np.arange(-(-num_samples // plan.local_hop))
    return {"local_condition": frames[np.minimum(numbers, len(frames) - 1)][None]}


def check_frames(sounds: Sounds, plan: WaveNetConfig, piece_samples: int) -> None:
    """Raises an `InputError` if sounds or pieces lack the frames that a network takes."""
    channels, hop = plan.local_channels, plan.local_hop
    if not channels:
        return
    if sounds.frames is None or sounds.frames[0].shape[1] != channels:
        has = "none" if sounds.frames is None else f"{sounds.frames[0].shape[1]} channels"
        raise InputError(
            f"Expected sounds with frames of {channels} channels, of the model's local condition: "
            f"sounds.with_frames(…). Received: {has}"
        )
    for name, frames, length in zip(sounds.names, sounds.frames, sounds.lengths, strict=True):
        if len(frames) < -(-length // hop):
            raise InputError(
                f"Expected {-(-length // hop)} frames, each of {hop} samples, of {name}. "
                f"Received: {len(frames)}"
            )
    if piece_samples % hop:
        raise InputError(
            f"`piece_samples` must be whole frames of {hop} samples. Received: {piece_samples}"
        )
