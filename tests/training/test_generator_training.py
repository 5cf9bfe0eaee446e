"""Training of generators: batches, losses, the distance, exact resume, samples, data."""

import keras
import numpy as np
import pytest
import soundfile
from PIL import Image

from keras_sounddream import InputError
from keras_sounddream.audio import SpectrogramPatches
from keras_sounddream.datasets import file_lists
from keras_sounddream.errors import InputWarning
from keras_sounddream.training import generators
from keras_sounddream.training.generators import data, fit, samples

TINY = {"width": 0.02, "latent_size": 4, "batch_size": 4, "sample_epochs": 1, "average": 0.5}


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (10, 64, 64, 1)).astype("uint8")


def gan(**settings):
    keras.utils.set_random_seed(0)
    settings = generators.Settings(**{**TINY, "epochs": 2, **settings})
    model = fit._gan((64, 64, 1), settings, None)
    model.compile(optimizer=keras.optimizers.SGD(0.1))
    model.optimizer.build(model.trainable_variables)
    return model


def test_batches_are_equal_and_go_by_their_number(pictures):
    batches = generators.PictureBatches(pictures, 4, 3, epochs=2)
    assert len(batches) == 4  # of ten pictures two a pass, and the rest is left out
    ((inputs,), (again,)) = batches.batch(3), batches.batch(3)
    assert inputs["picture"].shape == (4, 64, 64, 1)
    assert inputs["latent"].shape == (4, 3)
    np.testing.assert_allclose(np.square(inputs["latent"]).mean(axis=1), 1, rtol=1e-5)
    for name in inputs:
        np.testing.assert_array_equal(inputs[name], again[name])
    firsts = np.concatenate([batches.batch(step)[0]["picture"] for step in (0, 1)])
    assert len(np.unique(firsts.reshape(8, -1), axis=0)) == 8
    assert firsts.min() >= -1
    assert firsts.max() <= 1


def test_some_pictures_are_mirrored(pictures):
    flipped = generators.PictureBatches(pictures, 10, 3, flip=True).batch(0)[0]["picture"]
    plain = generators.PictureBatches(pictures, 10, 3).batch(0)[0]["picture"]
    same = [np.array_equal(a, b) for a, b in zip(flipped, plain, strict=True)]
    turned = [np.array_equal(a[:, ::-1], b) for a, b in zip(flipped, plain, strict=True)]
    assert 0 < sum(same) < 10
    assert sum(same) + sum(turned) == 10


def test_each_network_follows_its_own_loss(pictures):
    """The generator's loss moves no weight of the discriminator, nor the other way round."""
    batch = generators.PictureBatches(pictures, 4, 4).batch(0)
    model = gan()
    before = [variable.numpy() for variable in model.trainable_variables]
    import tensorflow as tf

    keras.utils.set_random_seed(1)
    _reseed(model)
    with tf.GradientTape(persistent=True) as tape:
        makes, judges, *_ = model.losses_of(*map(tf.constant, batch[0].values()))
    count = len(model.generator.trainable_variables)
    expected = tape.gradient(makes, model.generator.trainable_variables)
    expected += tape.gradient(judges, model.discriminator.trainable_variables)
    assert len(expected) > count
    _reseed(model)
    model.train_step(batch)
    for variable, old, gradient in zip(model.trainable_variables, before, expected, strict=True):
        np.testing.assert_allclose(
            variable.numpy(), old - 0.1 * gradient.numpy(), rtol=1e-4, atol=1e-6
        )


def test_losses_are_those_of_the_paper():
    model = gan(real_label=1.0)
    import tensorflow as tf

    pictures, latents = tf.zeros((4, 64, 64, 1)), tf.ones((4, 4))
    makes, judges, real, made = (x.numpy() for x in model.losses_of(pictures, latents))
    sigmoid = [1 / (1 + np.exp(-x)) for x in (real, made)]
    assert makes == pytest.approx(-np.log(sigmoid[1]).mean(), rel=1e-4)
    assert judges == pytest.approx(
        -np.log(sigmoid[0]).mean() - np.log(1 - sigmoid[1]).mean(), rel=1e-4
    )


def _reseed(model):
    for layer in model._flatten_layers():
        if hasattr(layer, "seed_generator"):
            layer.seed_generator.state.assign([0, 0])


@pytest.mark.parametrize("kind", ["gan", "autoencoder"])
def test_a_run_that_was_interrupted_ends_as_one_that_was_not(tmp_path, pictures, kind, monkeypatch):
    settings = generators.Settings(kind=kind, epochs=3, **TINY)
    whole = generators.train(pictures, tmp_path / "whole", settings)

    def stop(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt
        kept(self, epoch, logs)

    kept = samples.Samples.on_epoch_end
    monkeypatch.setattr(samples.Samples, "on_epoch_end", stop)
    with pytest.raises(KeyboardInterrupt):
        generators.train(pictures, tmp_path / "parts", settings)
    monkeypatch.undo()
    resumed = generators.train(pictures, tmp_path / "parts", settings)
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (tmp_path / "parts" / "samples" / "progress.gif").exists()
    names = sorted(path.name for path in (tmp_path / "whole" / "samples").glob("*.png"))
    assert names == [f"epoch_{number:06}.png" for number in (1, 2, 3)]
    finished = generators.train(pictures, tmp_path / "whole", settings)
    for one, other in zip(whole.get_weights(), finished.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_grids_become_an_animation_in_the_order_of_their_epochs(tmp_path):
    for epoch, grey in ((10, 200), (2, 100), (1, 0)):
        Image.new("RGB", (8, 8), (grey,) * 3).save(tmp_path / f"epoch_{epoch:06}.png")
    samples.write_progress(tmp_path)
    with Image.open(tmp_path / "progress.gif") as animation:
        greys = []
        for frame in range(animation.n_frames):
            animation.seek(frame)
            greys.append(animation.convert("RGB").getpixel((0, 0))[0])
    assert greys == [0, 100, 200]


def test_a_folder_of_another_run_is_refused(tmp_path, pictures):
    generators.train(pictures, tmp_path, generators.Settings(kind="gan", epochs=1, **TINY))
    with pytest.raises(InputError, match="holds a run with"):
        generators.train(255 - pictures, tmp_path, generators.Settings(epochs=1, **TINY))


def test_the_distance_of_gaussians_is_known():
    rng = np.random.default_rng(0)
    first = rng.normal(size=(200_000, 2)) * [1, 2]
    second = rng.normal(size=(200_000, 2)) * [3, 2] + [4, -3]
    # |m|² + Σ(σ - σ')² of independent features: 25 + (1 - 3)² + (2 - 2)²
    assert generators.frechet_distance(first, second) == pytest.approx(29, rel=0.01)
    assert generators.frechet_distance(first, first) == pytest.approx(0, abs=1e-9)


def test_the_distance_sees_correlations():
    """Of unit covariances with correlations r and -r: 4 - 4 √(1 - r²), by hand."""
    rng = np.random.default_rng(0)
    root = np.array([[1.0, 0.0], [0.8, 0.6]])
    first, second = rng.normal(size=(200_000, 2)) @ root.T, rng.normal(size=(200_000, 2)) @ root.T
    distance = generators.frechet_distance(first, second * [1, -1])
    assert distance == pytest.approx(4 - 4 * 0.6, rel=0.02)


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        ((np.ones((5, 2)), np.ones((5, 3))), "as many features of both"),
        ((np.ones((1, 2)), np.ones((5, 2))), r"Received shape: \(1, 2\)"),
        ((np.full((5, 2), np.nan), np.ones((5, 2))), "finite numbers"),
    ],
)
def test_features_that_have_no_distance(arrays, text):
    with pytest.raises(InputError, match=text):
        generators.frechet_distance(*arrays)


def test_a_folder_of_pictures(tmp_path):
    for name, size in (("a.png", (100, 60)), ("b.jpg", (64, 64))):
        Image.new("RGB", size, (255, 0, 0)).save(tmp_path / name)
    (tmp_path / "c.png").write_bytes(b"no picture")
    with pytest.warns(InputWarning, match="1 of 3 files are left out"):
        pictures, patches = generators.read_folder(tmp_path, 64)
    assert pictures.shape == (2, 64, 64, 3)
    assert patches is None
    assert (pictures[0] == [255, 0, 0]).all()


def test_squares_are_cut_from_each_picture_the_same_every_time(tmp_path):
    rng = np.random.default_rng(1)
    for name, size in (("a.png", (150, 90)), ("b.png", (40, 50))):
        pixels = rng.integers(0, 256, (*size[::-1], 3)).astype("uint8")
        Image.fromarray(pixels).save(tmp_path / name)
    found, _ = generators.read_folder(tmp_path, 64, crops=4)
    assert found.shape == (8, 64, 64, 3)
    middle, _ = generators.read_folder(tmp_path, 64)
    np.testing.assert_array_equal(found[::4], middle)
    assert len({picture.tobytes() for picture in found[:4]}) == 4
    again, _ = generators.read_folder(tmp_path, 64, crops=4)
    np.testing.assert_array_equal(found, again)
    (tmp_path / "c.png").write_bytes(b"no picture")
    with pytest.warns(InputWarning, match="1 of 3 files are left out"):
        generators.read_folder(tmp_path, 64, crops=4)


def test_sounds_have_no_squares(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.ones(8000) * 0.1, 8000)
    with pytest.raises(InputError, match="`crops` are of pictures, and there are none in"):
        generators.read_folder(tmp_path, 64, crops=2)


def test_a_folder_of_sounds(tmp_path):
    rate, seconds = 24000, 2.0
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)
    tone[rate:] *= 0.001  # 60 dB softer: left out
    soundfile.write(tmp_path / "a.wav", tone, rate)
    soundfile.write(tmp_path / "short.wav", tone[:2400], 8000)
    pictures, patches = generators.read_folder(tmp_path, 64)
    assert patches == SpectrogramPatches()
    assert pictures.shape[1:] == (64, 64, 1)
    assert len(pictures) == 5 + 1  # begun within the first second, and the short one


def test_a_sound_is_brought_to_one_level():
    patches = SpectrogramPatches()
    sound = np.random.default_rng(0).normal(0, 0.003, 60000)
    cut = data.cut_sound(sound, patches)
    assert np.sqrt(np.mean(cut**2, axis=1)).max() == pytest.approx(0.1, rel=1e-3)


def test_files_are_left_out_by_their_names(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.ones(8000) * 0.1, 8000)
    for name, color in (("5-a.png", "red"), ("6-a.png", "blue"), ("cover.png", "blue")):
        Image.new("RGB", (64, 64), color).save(tmp_path / name)
    pictures, _ = generators.read_folder(tmp_path, 64, leave_out=["5-*"])
    assert pictures[..., 0].tolist() == np.zeros((2, 64, 64)).tolist()
    pictures, patches = generators.read_folder(tmp_path, 64, leave_out=["5-*", "[6c]*"])
    assert (pictures.shape[-1], patches) == (1, SpectrogramPatches())  # of the sound
    with pytest.raises(InputError, match="`leave_out` .* leaves no file of 1. Received: "):
        generators.read_folder(tmp_path, 64, leave_out=["*.png", "*.wav"])


SETTINGS = generators.Settings(batch_size=4)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda folder: generators.read_folder(folder / "none", 64), "but there is none"),
        (lambda folder: generators.read_folder(folder, 64), "Found none"),
        (
            lambda folder: data.read_pictures([], 64, crops=0),
            "`crops` must be an int of at least 1",
        ),
        (lambda folder: generators.read_folder(folder, 0), "`size` must be an int of at least 1"),
        (lambda folder: file_lists.without([folder], "*.png"), "must be a list of patterns"),
        (
            lambda folder: generators.frechet_distance("a", "b"),
            "an array of numbers. Received: str",
        ),
        (
            lambda folder: generators.train(np.zeros((4, 64, 32, 3), "uint8"), folder, SETTINGS),
            r"uint8 \(count, 64, 64, channels\), .* Received: uint8 \(4, 64, 32, 3\)",
        ),
        (
            lambda folder: generators.train(np.zeros((4, 64, 64, 3)), folder, SETTINGS),
            "Received: float64",
        ),
        (lambda folder: generators.Settings(family="x"), "`family` must be one of dcgan, gan256"),
        (lambda folder: generators.Settings(kind="x"), "`kind` must be one of gan, autoencoder"),
        (lambda folder: generators.Settings(family="gan256", size=64), "`size` must be one of 256"),
        (lambda folder: generators.Settings(latent_size=1), "`latent_size` must be an int from 2"),
        (lambda folder: generators.Settings(seed=-1), "`seed` must be an int from 0"),
        (lambda folder: generators.Settings(average=1), "`average` must be above 0 and below 1"),
        (
            lambda folder: generators.PictureBatches(np.zeros((3, 8, 8, 1)), 4, 2),
            "Expected 4 pictures or patches, a batch, or more. Received: 3",
        ),
    ],
)
def test_bad_input(tmp_path, make, text):
    with pytest.raises(InputError, match=text):
        make(tmp_path)
    assert not list(tmp_path.iterdir())


def test_old_settings_are_the_families_recipes():
    first, second = generators.Settings(family="gan256"), generators.Settings()
    assert (first.learning_rate, first.batch_size, first.latent_size) == (1e-4, 64, 256)
    assert (second.learning_rate, second.beta, second.batch_size) == (1.5e-4, 0.5, 32)
