"""Fine-tuning on pictures: what changes, resume, augmentation, stored pictures, bad input."""

import keras
import numpy as np
import pytest
from PIL import Image

from keras_sounddream import InputError
from keras_sounddream.applications.registry import read_model
from keras_sounddream.datasets import read_picture_set
from keras_sounddream.images.front_end import preprocess
from keras_sounddream.images.networks import NETWORKS, Network
from keras_sounddream.training import classifier
from keras_sounddream.training.transfer import fine_tuning, picture_networks
from keras_sounddream.training.transfer.picture_batches import AugmentedPictures, StoredPictures
from keras_sounddream.training.transfer.picture_networks import PictureNetwork

COLOURS = {"blue": (40, 60, 200), "red": (200, 50, 40)}


@pytest.fixture
def pictures(tmp_path, rng):
    for name, colour in COLOURS.items():
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(5):
            pixels = np.clip(rng.normal(colour, 30, (40, 50, 3)), 0, 255).astype("uint8")
            Image.fromarray(pixels).save(tmp_path / "pictures" / name / f"{i}.png")
    return tmp_path / "pictures"


def small(include_top=True, weights=None, **_):
    """A network without top, such as those of `keras.applications`."""
    x = inputs = keras.Input((None, None, 3))
    for i in (1, 2):
        x = keras.layers.Conv2D(4, 3, strides=2, name=f"conv{i}")(x)
        x = keras.layers.BatchNormalization(name=f"conv{i}_bn")(x)
        x = keras.layers.ReLU(name=f"conv{i}_relu")(x)
    return keras.Model(inputs, x, name="small")


@pytest.fixture(autouse=True)
def small_network(monkeypatch):
    monkeypatch.setitem(NETWORKS, "small", Network("Small", "caffe", 32))
    monkeypatch.setattr(picture_networks, "find_constructor", lambda name: small)
    monkeypatch.setattr(picture_networks, "BATCH_SIZE", 4)


def tune(pictures, folder, **settings):
    settings = {"epochs": 3, "learning_rate": 1e-2, "weights": "random", **settings}
    return fine_tuning.finetune(
        read_picture_set(pictures), folder, "small", test_fold=1, **settings
    )


def weights_of(model, name):
    return [weight.numpy() for weight in model.get_layer(name).weights]


def test_the_top_is_put_on_the_networks_own_preprocessing(rng):
    network = PictureNetwork("small", ("a", "b"), "none", weights="random")
    model = network.with_new_top()
    pixels = rng.uniform(0, 255, (2, 32, 32, 3)).astype("float32")
    pooled = np.mean(network.source(preprocess(pixels, "caffe")), axis=(1, 2))
    kernel, bias = weights_of(model, "predictions")
    expected = keras.ops.softmax(pooled @ kernel + bias)
    np.testing.assert_allclose(model(pixels), expected, rtol=1e-4)


@pytest.mark.parametrize(("batch_norm", "moves"), [("frozen", False), ("free", True)])
def test_batch_norm_moves_only_where_it_is_free(pictures, tmp_path, batch_norm, moves):
    before = {}

    class Watched(PictureNetwork):
        def __init__(self, *arguments, **more):
            super().__init__(*arguments, **more)
            before["bn"] = weights_of(self.source, "conv2_bn")
            before["conv"] = weights_of(self.source, "conv2")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fine_tuning, "PictureNetwork", Watched)
        options = {"batch_norm": batch_norm, "unfreeze": ["conv2*"], "optimizer": "sgd"}
        model = tune(pictures, tmp_path / "state", **options)
    after = weights_of(model, "conv2_bn")
    assert moves != all(np.array_equal(*pair) for pair in zip(after, before["bn"], strict=True))
    assert not np.array_equal(weights_of(model, "conv2")[0], before["conv"][0])


def test_an_interrupted_run_ends_as_one_that_was_not(pictures, tmp_path, monkeypatch):
    options = {"unfreeze": ["*"], "seed": 3}
    keras.utils.set_random_seed(1)
    whole = tune(pictures, tmp_path / "whole", **options)
    save = classifier.TrainingState.on_epoch_end

    def interrupt(self, epoch, logs=None):
        monkeypatch.setattr(classifier.TrainingState, "on_epoch_end", save)
        save(self, epoch, logs)
        raise KeyboardInterrupt

    monkeypatch.setattr(classifier.TrainingState, "on_epoch_end", interrupt)
    for _ in range(2):
        keras.utils.set_random_seed(1)  # the same random network
        try:
            parts = tune(pictures, tmp_path / "parts", **options)
        except KeyboardInterrupt:
            continue
    for a, b in zip(whole.get_weights(), parts.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    keras.utils.set_random_seed(1)
    with pytest.raises(InputError, match="holds a run with {'flip': True}, not {'flip': False}"):
        tune(pictures, tmp_path / "parts", flip=False, **options)


def test_the_saved_model_keeps_labels_and_size(pictures, tmp_path):
    model = tune(pictures, tmp_path / "state")
    model.save(tmp_path / "tuned.keras")
    again = read_model(tmp_path / "tuned.keras")
    assert again.labels == ("blue", "red")
    clips = read_picture_set(pictures).clips
    scores = fine_tuning.score_clips(again, clips, progress=False)
    assert (scores.argmax(axis=1) == [clip.label for clip in clips]).all()


def test_pictures_are_stored_once_and_anew_when_one_changes(pictures, tmp_path, monkeypatch):
    paths = sorted(pictures.glob("*/*.png"))
    stored = StoredPictures(paths, 32, tmp_path)
    assert stored[:3].shape == (3, 32, 32, 3)
    np.testing.assert_allclose(stored[[0, 9]].mean(axis=(1, 2)), [*COLOURS.values()], atol=5)
    Image.new("RGB", (9, 9), (1, 2, 3)).save(paths[0])
    changed = StoredPictures(paths, 32, tmp_path)
    np.testing.assert_array_equal(changed[0], np.broadcast_to([1, 2, 3], (32, 32, 3)))
    monkeypatch.setattr("keras_sounddream.training.transfer.picture_batches.load_square", None)
    StoredPictures(paths, 32, tmp_path)


def test_augmentation_flips_shears_and_zooms_about_the_centre():
    ramp = np.arange(9, dtype="float32")
    pictures = np.broadcast_to(ramp[None, None, :, None], (8, 9, 9, 3))
    settings = {"labels": [0] * 8, "num_classes": 1, "epochs": 1, "batch_size": 8}
    none = {"flip": False, "shear": 0.0, "zoom": 0.0}
    found = {
        name: AugmentedPictures(pictures, **settings, **{**none, **change}).batch(0)[0][..., 0]
        for name, change in {
            "none": {},
            "flip": {"flip": True},
            "shear": {"shear": 0.5},
            "zoom": {"zoom": 0.5},
        }.items()
    }
    np.testing.assert_array_equal(found["none"], pictures[..., 0])
    kinds = {tuple(picture[4]) for picture in found["flip"]}
    assert kinds == {tuple(ramp), tuple(ramp[::-1])}
    slopes = np.diff(found["shear"][:, 3:6, 4], axis=1)  # down the middle column
    np.testing.assert_allclose(slopes[:, 0], slopes[:, 1], atol=1e-4)
    assert 0.1 < np.abs(slopes).max() <= 0.5
    np.testing.assert_allclose(found["zoom"][:, :, 4], 4, atol=1e-4)  # the centre stays
    steps = found["zoom"][:, 4, 5] - 4
    assert (steps >= 1 / 1.5 - 1e-4).all()
    assert (steps <= 2 + 1e-4).all()
    assert np.ptp(steps) > 0.1


BAD = {
    "size": ({"size": 31}, "`size` must be .*Received: 31"),
    "small": ({"size": 32, "weights": "missing.h5"}, "there is no such file"),
    "shear": ({"shear": -1}, "`shear` must be"),
    "zoom": ({"zoom": 1.0}, "`zoom` must be"),
    "optimizer": ({"optimizer": "adam"}, "`optimizer` must be"),
    "batch norm": ({"batch_norm": "off"}, "`batch_norm` must be"),
    "layer": ({"unfreeze": ["conv3"]}, "no layer to train 'conv3'"),
    "norm": ({"unfreeze": ["conv1_bn"]}, "no layer to train 'conv1_bn'"),
    "fold": ({"test_fold": 9}, "Received: 9"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(pictures, tmp_path, case):
    settings, message = BAD[case]
    options = {"test_fold": 1, "weights": "random", **settings}
    with pytest.raises(InputError, match=message):
        fine_tuning.finetune(read_picture_set(pictures), tmp_path / "state", "small", **options)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(("name", "message"), [
    ("missing", "there is no folder"),
    ("pictures/red", "Expected folders of pictures in .*one per class. Found"),
])  # fmt: skip
def test_folders_without_classes_are_named(pictures, name, message):
    with pytest.raises(InputError, match=message):
        read_picture_set(pictures.parent / name)
