"""Pictures of dogs, each with a bark."""

import tensorflow_datasets as tfds

from keras_sounddream.datasets import clip_sets
from keras_sounddream.images.io import SUFFIXES
from tfds_builders import files, folds, pictures, places, sounds

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


class Builder(sounds.SoundBuilder):
    """Pairs the pictures and barks of a folder; neither crosses parts."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}  # noqa: RUF012, as TFDS reads it
    BUILDER_CONFIGS = [  # noqa: RUF012
        sounds.SoundConfig(name="pairs", description="Each picture with a bark of its part.")
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    The folder holds pictures of dogs in `pictures/` and barks in `sounds/`.
    """

    def _info(self):
        text = {name: tfds.features.Text() for name in ("filename", "recording")}
        return self._describe_sounds({"image": pictures.picture_feature(), **text})

    def _split_generators(self, dl_manager):
        folder = places.find_data(self, dl_manager, _holds_data, "pictures/ and sounds/ of dogs")
        found = (
            _files(folder / "pictures", SUFFIXES),
            _files(folder / "sounds", clip_sets.SUFFIXES),
        )
        shown, heard = (folds.cut_by_shares(paths, SHARES) for paths in found)
        return self._store({name: _pairs(shown[name], heard[name]) for name in SHARES})

    def _read(self, file):
        barks = super()._read(file)
        return {**barks, "image": pictures.read_jpeg(file.path.parents[1] / "pictures" / file.key)}


def _holds_data(folder):
    return (folder / "pictures").is_dir() and (folder / "sounds").is_dir()


def _files(folder, suffixes):
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes)


def _pairs(shown, heard):
    """A file a picture, whose bark is the next of its part; barks come again if they are fewer."""
    return [
        files.File(picture.name, bark, {"filename": picture.name, "recording": bark.name})
        for i, picture in enumerate(shown)
        for bark in heard[i % max(len(heard), 1) :][:1]
    ]
