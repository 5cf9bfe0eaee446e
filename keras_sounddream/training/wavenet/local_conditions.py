"""Frames of a local condition, for the pieces of sounds that a WaveNet is trained on."""

import numpy as np

from keras_sounddream.errors import InputError


def cut_frames(frames, pieces, offset, start):
    """Gives the frames of a piece.

    The first frame lasts backwards through what comes before, as in `generate`; the last one
    behind the end.

    Args:
        frames: float32 `(frames, channels)`, of the sound.
        pieces: `Segments`, for its plan and length.
        offset: int, sample of the sound at which the piece's targets begin: whole frames.
        start: int, sample at which the sound is taken to begin.

    Returns:
        float32 `(piece's frames, channels)`, from `plan.lead` samples before `offset` on.
    """
    hop = pieces.plan.local_hop
    numbers = np.arange(offset - pieces.plan.lead, offset + pieces.piece_samples, hop) // hop
    return frames[np.clip(numbers, start // hop, len(frames) - 1)]


def example_frames(sounds, plan, num_samples, turn):
    """Gives the frames of one of the sounds, to listen to what a network makes of them.

    Args:
        sounds: `Sounds`.
        plan: `WaveNetConfig`.
        num_samples: int, which they shall last; the last frame goes on if they do not.
        turn: int, which sound; it begins anew behind the last.

    Returns:
        dict: `local_condition`, float32 `(1, frames, channels)`; empty where the plan has none.
    """
    if not plan.local_channels:
        return {}
    frames = sounds.frames[turn % len(sounds)]
    numbers = np.arange(-(-num_samples // plan.local_hop))
    return {"local_condition": frames[np.minimum(numbers, len(frames) - 1)][None]}


def check_frames(sounds, plan, piece_samples):
    """Checks that sounds have the frames that a network takes.

    Args:
        sounds: `Sounds`.
        plan: `WaveNetConfig`.
        piece_samples: int, targets of a piece.

    Raises:
        InputError: if not.
    """
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
