"""Natural Images: 6899 pictures of eight things."""

import tensorflow_datasets as tfds

from tfds_builders import files, pictures, places

CLASSES = ("airplane", "car", "cat", "dog", "flower", "fruit", "motorbike", "person")


class Builder(pictures.PictureBuilder):
    """Builds Natural Images from a folder with a folder a class."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}  # noqa: RUF012, as TFDS reads it
    BUILDER_CONFIGS = [files.FileConfig(name="all", description="All pictures.")]  # noqa: RUF012
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    The folder holds `airplane/`, `car/` … `person/`, or the archive of
    https://www.kaggle.com/datasets/prasunroy/natural-images.
    """

    def _info(self):
        return self._describe_pictures(
            CLASSES, homepage="https://www.kaggle.com/datasets/prasunroy/natural-images"
        )

    def _split_generators(self, dl_manager):
        expected = "Natural Images (airplane/, car/ …)"
        folder = places.find_data(self, dl_manager, _holds_data, expected)
        classes = pictures.list_classes(folder, {name: (name,) for name in CLASSES})
        return self._store({"train": [file for members in classes.values() for file in members]})


def _holds_data(folder):
    return all((folder / name).is_dir() for name in CLASSES)
