"""Dreams on pictures: sizes, range, preprocessing, tiles, real photographs."""

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from keras_sounddream import DeepDream, InputError, objectives
from keras_sounddream.deepdream.params.pixels import MODES, preprocess


@pytest.fixture(scope="module")
def picture_model():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, None, 3))
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="conv1")(inputs)
    x = layers.BatchNormalization(name="norm1")(x)
    x = layers.Conv2D(8, 3, padding="same", activation="relu", name="conv2")(layers.ReLU()(x))
    return keras.Model(inputs, x)


@pytest.fixture
def picture(rng):
    return rng.uniform(0, 255, (48, 61, 3)).astype("float32")


def test_it_rises_and_stays_a_picture(picture_model, picture):
    dream = DeepDream(picture_model, objectives.layer("conv2"), octaves=3, steps=4)
    result = dream.run(picture)
    assert result.picture.shape == (1, 48, 61, 3)
    assert result.waveform is result.spectrogram_after is result.sample_rate is None
    assert result.picture.min() >= 0
    assert result.picture.max() <= 255
    assert result.gain[0] > 1.1
    assert result.retained[0] == pytest.approx(1, abs=0.05)


def test_call_run_and_predict_are_one_dream(picture_model, picture):
    dream = DeepDream(picture_model, objectives.layer("conv2"), octaves=2, steps=2)
    expected = dream.run(picture).picture
    for made in (dream(picture[None]), dream.predict(picture[None], verbose=0)):
        np.testing.assert_allclose(made, expected, atol=0.05)


def test_without_octaves_nothing_is_lost(picture_model, picture):
    dream = DeepDream(
        picture_model, objectives.layer("conv2"), octaves=3, steps=1, step_size=1e-4, roll_pixels=0
    )
    np.testing.assert_allclose(dream.run(picture).picture[0], picture, atol=0.01)


@pytest.mark.parametrize("mode", MODES)
def test_preprocessing_is_that_of_keras_applications(mode, picture):
    found = np.asarray(preprocess(picture[None], mode))
    if mode in ("tf", "torch", "caffe"):
        expected = keras.applications.imagenet_utils.preprocess_input(
            picture[None].copy(), mode=mode
        )
    else:
        expected = picture[None] / (255 if mode == "unit" else 1)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_a_tiled_dream_is_the_untiled_one(picture_model, picture):
    settings = {"octaves": 2, "steps": 3, "roll_pixels": 5}
    objective = objectives.layer("conv2")
    whole = DeepDream(picture_model, objective, **settings).run(picture)
    tiled = DeepDream(picture_model, objective, tile_pixels=24, **settings).run(picture)
    np.testing.assert_allclose(tiled.picture, whole.picture, atol=0.05)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((4, 4), "float32"), "Expected a picture (height, width, 3)"),
        (np.zeros((4, 4, 4), "float32"), "Expected a picture (height, width, 3)"),
        (np.zeros((0, 4, 3), "float32"), "Expected a picture"),
        (np.full((4, 4, 3), np.nan), "finite numbers"),
        (np.full((4, 4, 3), 256.0), "Expected pixels in [0, 255]. Received: 256 to 256"),
        (np.full((4, 4, 3), -1.0), "Expected pixels in [0, 255]"),
        (np.full((4, 4, 3), 0.5), "The highest is 0.5: multiply by 255"),
        (np.ones((4, 4, 3)), "The highest is 1: multiply by 255"),
    ],
)
def test_bad_pictures(picture_model, image, message):
    dream = DeepDream(picture_model, objectives.layer("conv2"), octaves=1, steps=1)
    with pytest.raises(InputError) as caught:
        dream.run(image)
    assert message in str(caught.value)


def test_a_real_photograph_under_mobilenet(media):
    weights = media.parent / "weights/mobilenet_v1_025_224/mobilenet_v1_0.25_224.h5"
    trained = keras.applications.MobileNet(alpha=0.25, weights=str(weights))
    model = keras.applications.MobileNet(alpha=0.25, weights=None, include_top=False)
    model.set_weights(trained.get_weights()[: len(model.get_weights())])
    photograph = np.asarray(Image.open(media / "images/coffee.png").convert("RGB"), "float32")
    dream = DeepDream(model, objectives.layer("conv_pw_8"), octaves=2, steps=5, tile_pixels=256)
    result = dream.run(photograph)
    assert result.picture.shape == (1, *photograph.shape)
    assert result.gain[0] > 1.2
    assert result.retained[0] > 0.95


def test_an_optimizer_ascends_at_every_size(picture_model, picture, tmp_path):
    dream = DeepDream(picture_model, objectives.layer("conv2"), octaves=3, steps=2)
    plain = dream.run(picture)
    dream.compile(optimizer=keras.optimizers.Adam(3.0))
    result = dream.run(picture)
    assert result.gain[0] > 1.05
    assert result.picture.tobytes() != plain.picture.tobytes()
    dream.run(picture[:40])
    dream.save(tmp_path / "dream.keras")
    again = keras.models.load_model(tmp_path / "dream.keras")
    np.testing.assert_allclose(again.run(picture).picture, result.picture, atol=0.05)
    dream.compile()
    np.testing.assert_allclose(dream.run(picture).picture, plain.picture, atol=0.05)


def test_a_picture_too_small_for_its_octaves():
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, layers.Conv2D(2, 5, padding="valid", name="conv")(inputs))
    dream = DeepDream(model, objectives.layer("conv"), octaves=4)
    with pytest.raises(InputError, match="too few for layer 'conv': dream in fewer octaves"):
        dream.run(np.zeros((9, 9, 3), "float32"))
