"""Pictures of dogs, each with a bark."""

import tensorflow_datasets as tfds

from keras_sounddream.audio import io as sound_files
from keras_sounddream.images import io as image_files
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
        paths = _files(folder / "pictures", image_files.SUFFIXES)
        dogs = folds.cut_by_shares(paths, SHARES)
        barks = folds.cut_by_shares(_files(folder / "sounds", sound_files.SUFFIXES), SHARES)
        return self._store({name: _pairs(dogs[name], barks[name]) for name in SHARES})

    def _read(self, file):
        barks = super()._read(file)
        return {**barks, "image": pictures.read_jpeg(file.path.parents[1] / "pictures" / file.key)}


def _holds_data(folder):
    return (folder / "pictures").is_dir() and (folder / "sounds").is_dir()


def _files(folder, suffixes):
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes)


def _pairs(dogs, barks):
    """One file per picture, with the next bark of its part; fewer barks are repeated."""
    return [
        files.File(picture.name, bark, {"filename": picture.name, "recording": bark.name})
        for i, picture in enumerate(dogs)
        for bark in barks[i % max(len(barks), 1) :][:1]
    ]
