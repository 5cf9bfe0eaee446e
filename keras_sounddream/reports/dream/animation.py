"""Animations of a dream: its frames as GIF or MP4."""

import pathlib
import shutil
import subprocess
from collections.abc import Sequence

import numpy as np

from keras_sounddream.audio import spectrogram_image
from keras_sounddream.errors import InputError
from keras_sounddream.files import check_output, written_beside
from keras_sounddream.types import Array, PathLike

_DOTS_PER_INCH = 100
_MOST_INCHES = 6.4
_HELD_SECONDS = 1.5  # the first and the last frame


def animate(
    frames: Sequence[tuple[int, Array]],
    path: PathLike,
    sample_rate: int | None = None,
    seconds: float | None = None,
    frames_per_second: float = 8,
    title: str = "",
    overwrite: bool = False,
) -> None:
    """Writes the frames of a dream as a GIF or, where ffmpeg is there, an MP4.

    Args:
        frames: `(step, array)`, as `Recorder.frames` has them: `(frames, bins)` in dB for a sound,
            `(height, width, 3)` in [0, 255] for a picture; all of one shape.
        path: ends in `.gif` or `.mp4`.
        sample_rate: Hz, of the sound; `None` for pictures.
        seconds: length of the sound; `None` for pictures.
        frames_per_second: above 0, at most 60.
        title: written above, before the step.
        overwrite: whether an existing file may be replaced.

    Raises:
        InputError: if the file may not be written, if its suffix is another or needs an ffmpeg
            that is not there, or if the frames do not fit each other.
    """
    output = check_animation(path, overwrite)
    if not 0 < frames_per_second <= 60:
        raise InputError(
            f"Expected `frames_per_second` above 0, at most 60. Received: {frames_per_second}"
        )
    _check_frames(frames, sample_rate, seconds)
    pictures = list(_draw(frames, sample_rate, seconds, title))
    held = max(1, round(_HELD_SECONDS * frames_per_second))
    counts = [held, *[1] * (len(pictures) - 2), held][: len(pictures)]
    write = _write_gif if output.suffix.lower() == ".gif" else _write_mp4
    with written_beside(output, overwrite) as temporary:
        write(pictures, counts, temporary, frames_per_second)


def check_animation(path: PathLike, overwrite: bool = False) -> pathlib.Path:
    """The path of an animation; `InputError`, before any work, if it cannot be written there."""
    output: pathlib.Path = check_output(path, overwrite)
    if output.suffix.lower() not in (".gif", ".mp4"):
        raise InputError(f"Expected an animation .gif or .mp4. Received: {output.name}")
    if output.suffix.lower() == ".mp4" and find_ffmpeg() is None:
        raise InputError(
            f"Writing {output.name} needs ffmpeg, which is not there. Name it .gif, or install "
            "ffmpeg or `pip install imageio-ffmpeg`."
        )
    return output


def find_ffmpeg() -> str | None:
    """The path of ffmpeg: the command, or that of imageio-ffmpeg; `None` if there is none."""
    if command := shutil.which("ffmpeg"):
        return command
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return get_ffmpeg_exe()
    except (ImportError, RuntimeError):  # not installed; installed without the program
        return None


def _check_frames(frames, sample_rate, seconds):
    shapes = {np.shape(array) for _, array in frames}
    if len(shapes) != 1:
        raise InputError(f"Expected frames of one shape to animate. Received: {sorted(shapes)}")
    (shape,) = shapes
    if not (len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)) or 0 in shape:
        raise InputError(
            f"Expected frames (frames, bins) or (height, width, 3). Received shape: {shape}"
        )
    if len(shape) == 2 and not (sample_rate and seconds):
        raise InputError(
            "Expected `sample_rate` in Hz and `seconds` with the frames of a sound. "
            f"Received: sample_rate={sample_rate}, seconds={seconds}"
        )


def _draw(frames, sample_rate, seconds, title):
    """Yields each frame with its axes and step: uint8 `(height, width, 3)`, even sides."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    draw = _draw_picture if np.ndim(frames[0][1]) == 3 else _draw_sound
    figure, image, pixels, left = draw(frames, sample_rate, seconds)
    canvas = FigureCanvasAgg(figure)
    last = max(step for step, _ in frames)
    words = figure.axes[0].set_title(" ", loc="left", fontsize=10, x=left)
    for step, array in frames:
        words.set_text(f"{title + ' · ' if title else ''}step {step:{len(str(last))}d} of {last}")
        image.set_data(pixels(array))
        canvas.draw()
        figure.set_layout_engine("none")  # settled by the first frame: the axes keep still
        drawn = np.asarray(canvas.buffer_rgba())[:, :, :3]
        yield drawn[: len(drawn) // 2 * 2, : drawn.shape[1] // 2 * 2].copy()


def _draw_sound(frames, sample_rate, seconds):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_MOST_INCHES, 3.6), dpi=_DOTS_PER_INCH, layout="constrained")
    axes = figure.subplots()
    loudest = max(float(np.max(levels)) for _, levels in frames)
    image = axes.imshow(
        np.asarray(frames[0][1], "float32").T,
        origin="lower",
        aspect="auto",
        extent=(0, seconds, 0, sample_rate / 2),
        vmin=loudest - spectrogram_image.RANGE_DB,
        vmax=loudest,
        cmap="magma",
    )
    axes.set(xlabel="time (s)", ylabel="frequency (Hz)")
    figure.colorbar(image, ax=axes, label="level (dB)")
    return figure, image, lambda levels: np.asarray(levels, "float32").T, 0.0


def _draw_picture(frames, *_):
    from matplotlib.figure import Figure

    height, width = frames[0][1].shape[:2]
    inches = _MOST_INCHES / max(height, width)
    size = (max(2.5, width * inches), height * inches + 0.35)
    figure = Figure(figsize=size, dpi=_DOTS_PER_INCH)
    axes = figure.add_axes((0, 0, 1, height * inches / size[1]))
    axes.set_axis_off()
    image = axes.imshow(spectrogram_image.to_bytes(frames[0][1]))
    return figure, image, spectrogram_image.to_bytes, 0.015


def _write_gif(pictures, counts, path, frames_per_second):
    from PIL import Image

    typical = np.concatenate([pictures[i] for i in (0, len(pictures) // 2, len(pictures) - 1)])
    palette = Image.fromarray(typical).quantize(256)  # one for all frames, or they would flicker
    images = [Image.fromarray(picture).quantize(palette=palette) for picture in pictures]
    duration = [round(1000 * count / frames_per_second) for count in counts]
    images[0].save(path, "GIF", save_all=True, append_images=images[1:], duration=duration, loop=0)


def _write_mp4(pictures, counts, path, frames_per_second):
    height, width = pictures[0].shape[:2]
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}")
    code = ("-an", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart")
    command = [find_ffmpeg(), "-y", "-loglevel", "error", *raw, "-r", str(frames_per_second)]
    command += ["-i", "-", *code, str(path)]
    frames = b"".join(
        picture.tobytes() * count for picture, count in zip(pictures, counts, strict=True)
    )
    run = subprocess.run(command, input=frames, capture_output=True)
    if run.returncode:
        reason = run.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise InputError(
            f"ffmpeg could not write the animation ({' '.join(reason)}). Name it .gif."
        )
