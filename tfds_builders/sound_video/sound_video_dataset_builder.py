"""Videos of the user's own as pictures and sound, at SoundNet's rates."""

import dataclasses
import itertools

import numpy as np
import tensorflow_datasets as tfds

from keras_sounddream.datasets import videos
from keras_sounddream.errors import InputError
from tfds_builders import files, pictures, places, sounds


@dataclasses.dataclass(eq=False)
class VideoConfig(sounds.SoundConfig):
    """The stored part of a video.

    Attributes:
        sample_rate: Hz.
        step_seconds: from one picture to the next; the first is at half of it.
        most_seconds: how much of the beginning of a video is stored.
        picture_size: pixels of the square that pictures are cropped and resized to.
    """

    sample_rate: int | None = 22050
    step_seconds: float = 5.0
    most_seconds: float = 20.0
    picture_size: int = 256


class Builder(sounds.SoundBuilder):
    """Builds a set of pictures and sound from a folder of videos; it needs the extra `video`."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}  # noqa: RUF012, as TFDS reads it
    BUILDER_CONFIGS = [  # noqa: RUF012
        VideoConfig(name="soundnet", description="20 s at 22 050 Hz, a picture of every 5 s.")
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = "The folder holds videos (.mp4, .mkv, .webm …)."

    def _info(self):
        return self._describe_sounds(
            {
                "images": tfds.features.Sequence(pictures.picture_feature()),
                "times": tfds.features.Sequence(np.float32),
                "recording": tfds.features.Text(doc="the file's path in the folder"),
            }
        )

    def _split_generators(self, dl_manager):
        folder = places.find_data(self, dl_manager, lambda folder: True, "a folder of videos")
        names = {path.relative_to(folder).as_posix(): path for path in videos.find_videos(folder)}
        return self._store(
            {"train": [files.File(name, path, {"recording": name}) for name, path in names.items()]}
        )

    def _read(self, file):
        config = self.builder_config
        rate, step = config.sample_rate, config.step_seconds
        times = list(itertools.takewhile(lambda t: t < config.most_seconds, _times(step)))
        squares = (
            pictures.fit_square(picture, config.picture_size)
            for picture in videos.pictures(file.path, times)
        )
        images = [pictures.as_jpeg(square) for square in squares]
        audio = videos.read_sound(file.path, rate, config.most_seconds)
        if not audio.any():
            raise InputError(f"The sound of {file.path} is silence.")
        end = len(audio) / rate  # of a video that ends before the first time, its last picture
        times = [min(time, end) for time in times[: len(images)]]
        return {"audio": audio, "sample_rate": rate, "images": images, "times": times}


def _times(step):
    return ((i + 0.5) * step for i in itertools.count())
