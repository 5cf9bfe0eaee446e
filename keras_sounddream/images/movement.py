"""Pictures one after another as an animated GIF."""

from collections.abc import Sequence

from keras_sounddream.files import written_beside
from keras_sounddream.types import Array, PathLike


def save_animation(
    path: PathLike, frames: Sequence[Array], frame_ms: int = 250, overwrite: bool = False
) -> None:
    """Writes frames as a GIF that repeats.

    Args:
        path: of the file.
        frames: uint8 `(height, width, 3)` each, of one size; at least one.
        frame_ms: how long each is shown.
        overwrite: whether an existing file may be replaced.

    Raises:
        InputError: if the file cannot be written.
    """
    from PIL import Image

    images = [Image.fromarray(frame) for frame in frames]
    more = {"save_all": True, "append_images": images[1:], "duration": frame_ms, "loop": 0}
    with written_beside(path, overwrite) as temporary:
        images[0].save(temporary, format="GIF", **more)
