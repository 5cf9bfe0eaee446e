"""Output files of sonification: sounds written block by block, and feature maps as pictures."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
import soundfile

from keras_sounddream.audio import spectrogram_image
from keras_sounddream.audio.io import check_sound_output, quantize, sound_format
from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside
from keras_sounddream.types import Array, PathLike

_MOST_BYTES = 4_000_000_000  # of a WAV file
_TILE = 96  # pixels, longer side of a plane in a grid
_GAP = 2


def write_signals(
    path: PathLike,
    blocks: Iterable[Array],
    sample_rate: int,
    bits: int = 24,
    overwrite: bool = False,
) -> int:
    """Writes a sound from blocks `(samples,)` in [-1, 1], one in memory; returns its samples."""
    file_path = check_sound_output(path, overwrite)
    kind, subtype = sound_format(file_path, bits)
    count = 0
    with (
        written_beside(file_path, overwrite) as temporary,
        soundfile.SoundFile(temporary, "w", sample_rate, 1, subtype, format=kind) as file,
    ):
        for block in blocks:
            count += len(block)
            if count * bits / 8 > _MOST_BYTES:
                raise InputError(
                    f"{file_path.name} would be longer than 4 GB. Add the filters up "
                    "(--combine sum), or take a smaller picture or fewer bits."
                )
            file.write(quantize(block) if subtype == "PCM_16" else block)
    return count


def write_grid(
    path: PathLike, planes: Sequence[Array], layout: str, overwrite: bool = False
) -> None:
    """Writes the picture of `draw_grid` as PNG."""
    with written_beside(path, overwrite) as temporary:
        temporary.write_bytes(spectrogram_image.to_png(draw_grid(planes, layout)))


def draw_grid(planes: Sequence[Array], layout: str) -> Array:
    """A uint8 picture of every plane `(frames, bands)`, each from its lowest to its highest number.

    `layout` is `"sound"`, frames from left to right and bands from bottom to top; or
    `"landscape"` or `"portrait"`, as the picture lay.
    """
    tiles = [_tile(np.asarray(plane, "float32"), layout) for plane in planes]
    height, width = tiles[0].shape
    columns = max(1, min(len(tiles), round(math.sqrt(1.6 * len(tiles) * height / width))))
    rows = -(-len(tiles) // columns)
    grid = np.zeros((rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP), "uint8")
    for index, tile in enumerate(tiles):
        top, left = index // columns * (height + _GAP), index % columns * (width + _GAP)
        grid[top : top + height, left : left + width] = tile
    return grid


def _tile(plane, layout):
    from PIL import Image

    picture = {"sound": plane.T[::-1], "landscape": plane.T, "portrait": plane}[layout]
    factor = min(1.0, _TILE / max(picture.shape))
    size = [max(1, round(n * factor)) for n in picture.shape[::-1]]
    small = np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize(size, Image.BOX))
    lowest, highest = small.min(), small.max()
    share = (small - lowest) / (highest - lowest) if highest > lowest else np.zeros_like(small)
    return (255 * share).round().astype("uint8")
