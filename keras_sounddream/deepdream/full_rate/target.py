"""The sound file that a dream is written to: its rate, channels and bits, by the input's."""

import dataclasses
import pathlib
from typing import Any

from keras_sounddream.audio.io import bits_like, check_sound_output, sound_format
from keras_sounddream.audio.reading.reader import open_sound
from keras_sounddream.audio.streaming import check_writable
from keras_sounddream.deepdream.full_rate.rendering import Rendering
from keras_sounddream.types import PathLike


@dataclasses.dataclass(frozen=True)
class Target:
    """A sound file to write.

    Attributes:
        path: the file.
        sample_rate: Hz.
        channels: their number.
        bits: 16, 24, or 32 for floating point, where the format does not have its own coding.
    """

    path: pathlib.Path
    sample_rate: int
    channels: int
    bits: int

    def figures(self) -> dict[str, Any]:
        """Rate, channels and coding, ready for JSON."""
        return {
            "sample_rate": self.sample_rate,
            "channels": self.channels,
            "coding": " ".join(sound_format(self.path, self.bits)),
        }


def plan(
    output_path: PathLike,
    rendering: Rendering,
    sample_rate: int,
    channels: int,
    coding: str,
    overwrite: bool = False,
) -> Target:
    """The file for a sound of this rate, number of channels and coding, such as `"WAV PCM_24"`.

    Raises:
        InputError: if it may not be written, or its format does not take the rate or the channels.
    """
    rate = rendering.rate or sample_rate
    count = 1 if rendering.mono else channels
    bits = bits_like(coding, check_sound_output(output_path, overwrite))
    path = check_writable(output_path, rate, overwrite, count, bits)
    return Target(path, rate, count, bits)


def plan_for_file(
    input_path: PathLike, output_path: PathLike, rendering: Rendering, overwrite: bool = False
) -> Target:
    """The same by the header of a sound file, against which the region is checked too.

    Raises:
        InputError: also if the input cannot be read.
    """
    with open_sound(input_path) as sound:
        given = sound.sample_rate, sound.channels, sound.coding
        target = plan(output_path, rendering, *given, overwrite)
        rendering.check_fits(sound.seconds(), target.sample_rate)
        return target
