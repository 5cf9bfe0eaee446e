"""TFDS's own test of each builder of files, on dummy data."""

from tensorflow_datasets import testing

from tfds_builders.artificial_imagenet import artificial_imagenet_dataset_builder as imagenet
from tfds_builders.dog_sounds_and_pictures import dog_sounds_and_pictures_dataset_builder as dogs
from tfds_builders.esc50 import esc50_dataset_builder as esc50
from tfds_builders.fsdkaggle2018_subset import fsdkaggle2018_subset_dataset_builder as fsdkaggle
from tfds_builders.music_genres import music_genres_dataset_builder as music_genres
from tfds_builders.natural_images import natural_images_dataset_builder as natural_images
from tfds_builders.spoken_digit_folder import spoken_digit_folder_dataset_builder as digits
from tfds_builders.urbansound8k import urbansound8k_dataset_builder as urbansound8k


class BuilderTestCase(testing.DatasetBuilderTestCase):
    MOCK_OUT_FORBIDDEN_OS_FUNCTIONS = False  # sound is read from local files, by libsndfile

    __test__ = False

    def __init_subclass__(cls):
        cls.__test__ = True
        super().__init_subclass__()


class Esc50Test(BuilderTestCase):
    DATASET_CLASS = esc50.Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ["esc50"]  # noqa: RUF012, as TFDS reads it
    EXAMPLE_DIR = esc50.Builder.code_path.parent / "dummy_data" / "esc50"
    SPLITS = {f"fold{i}": 2 for i in range(1, 6)}  # noqa: RUF012


class Esc10OfEsc50Test(BuilderTestCase):
    DATASET_CLASS = esc50.Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ["esc10"]  # noqa: RUF012
    EXAMPLE_DIR = esc50.Builder.code_path.parent / "dummy_data" / "esc50"
    SPLITS = {f"fold{i}": 1 for i in range(1, 6)}  # noqa: RUF012


class Esc10Test(BuilderTestCase):
    DATASET_CLASS = esc50.Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ["esc10"]  # noqa: RUF012
    EXAMPLE_DIR = esc50.Builder.code_path.parent / "dummy_data" / "esc10"
    SPLITS = {f"fold{i}": 2 for i in range(1, 6)}  # noqa: RUF012


class UrbanSound8KTest(BuilderTestCase):
    DATASET_CLASS = urbansound8k.Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ["original"]  # noqa: RUF012
    SPLITS = {"fold1": 3, "fold2": 2, "fold3": 5}  # noqa: RUF012


class ModifiedUrbanSound8KTest(BuilderTestCase):
    DATASET_CLASS = urbansound8k.Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ["modified"]  # noqa: RUF012
    SPLITS = {"train": 4, "validation": 3, "test": 1}  # noqa: RUF012


class MusicGenresTest(BuilderTestCase):
    DATASET_CLASS = music_genres.Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ["table"]  # noqa: RUF012
    SPLITS = {f"fold{i}": 1 for i in range(1, 6)}  # noqa: RUF012


class SpokenDigitFolderTest(BuilderTestCase):
    DATASET_CLASS = digits.Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ["official"]  # noqa: RUF012
    SPLITS = {"train": 2, "test": 2}  # noqa: RUF012


class NaturalImagesTest(BuilderTestCase):
    DATASET_CLASS = natural_images.Builder
    SPLITS = {"train": 8}  # noqa: RUF012


class ArtificialImagenetTest(BuilderTestCase):
    DATASET_CLASS = imagenet.Builder
    SPLITS = {"train": 33, "validation": 1, "test": 1}  # noqa: RUF012


class DogSoundsAndPicturesTest(BuilderTestCase):
    DATASET_CLASS = dogs.Builder
    SPLITS = {"train": 8, "validation": 1, "test": 1}  # noqa: RUF012


class Fsdkaggle2018SubsetTest(BuilderTestCase):
    DATASET_CLASS = fsdkaggle.Builder
    SPLITS = {"train": 2, "test": 2}  # noqa: RUF012
