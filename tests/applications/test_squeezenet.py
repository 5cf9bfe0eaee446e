"""SqueezeNet against its definition in NumPy; its weights' three origins; real photographs."""

import hashlib
import math

import h5py
import keras
import numpy as np
import pytest
from convert.writers import write_legacy_pth, write_pth
from PIL import Image

from keras_sounddream import DeepDream, InputError, applications, objectives
from keras_sounddream.applications import SqueezeNet, squeezenet
from keras_sounddream.applications import weights as weight_files
from keras_sounddream.applications.squeezenet import network
from keras_sounddream.workflows.dream import dream_file

SEQUENCE = {"1.0": "CRPFFFPFFFFPF", "1.1": "CRPFFPFFPFFFF"}  # torchvision's `features`, by number
SQUEEZES = (16, 16, 32, 32, 48, 48, 64, 64)
FIRST = {"1.0": (96, 7), "1.1": (64, 3)}
PARTS = {"squeeze": "squeeze1x1", "expand1x1": "expand1x1", "expand3x3": "expand3x3"}

each_version = pytest.mark.parametrize("version", SEQUENCE)


def torch_arrays(version, rng):
    """Random weights under torchvision's names, kernels (out, in, height, width)."""
    channels, size = FIRST[version]
    shapes, squeezes = {"features.0": (channels, 3, size, size)}, iter(SQUEEZES)
    for place, kind in enumerate(SEQUENCE[version]):
        if kind == "F":
            few = next(squeezes)
            shapes[f"features.{place}.squeeze"] = (few, channels, 1, 1)
            shapes[f"features.{place}.expand1x1"] = (4 * few, few, 1, 1)
            shapes[f"features.{place}.expand3x3"] = (4 * few, few, 3, 3)
            channels = 8 * few
    shapes["classifier.1"] = (1000, channels, 1, 1)
    arrays = {}
    for name, shape in shapes.items():
        arrays[f"{name}.weight"] = rng.normal(0, math.sqrt(2 / math.prod(shape[1:])), shape)
        arrays[f"{name}.bias"] = rng.normal(0, 0.1, shape[0])
    return {name: array.astype("float32") for name, array in arrays.items()}


def convolved(x, arrays, name, stride=1, padding=0):
    """ReLU of a convolution of `(height, width, channels)`."""
    kernel, bias = arrays[f"{name}.weight"], arrays[f"{name}.bias"]
    x = np.pad(x, ((padding, padding), (padding, padding), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[2:], axis=(0, 1))
    windows = windows[::stride, ::stride]
    return np.maximum(np.tensordot(windows, kernel, ((2, 3, 4), (1, 2, 3))) + bias, 0)


def pooled(x):
    """Largest of 3 x 3 every 2; the number of windows is rounded up, but each starts inside."""
    counts = [math.ceil((n - 3) / 2) + 1 for n in x.shape[:2]]
    rows, columns = (
        count - ((count - 1) * 2 >= n) for count, n in zip(counts, x.shape[:2], strict=True)
    )
    return np.array(
        [
            [x[2 * i : 2 * i + 3, 2 * j : 2 * j + 3].max(axis=(0, 1)) for j in range(columns)]
            for i in range(rows)
        ]
    )


def logits(x, arrays, version, padding=0):
    """The network by its definition, from preprocessed `(height, width, 3)`."""
    for place, kind in enumerate(SEQUENCE[version]):
        path = f"features.{place}"
        if kind == "C":
            x = convolved(x, arrays, path, stride=2)
        elif kind == "P":
            x = pooled(x)
        elif kind == "F":
            x = convolved(x, arrays, f"{path}.squeeze")
            wide = convolved(x, arrays, f"{path}.expand3x3", padding=1)
            x = np.concatenate([convolved(x, arrays, f"{path}.expand1x1"), wide], axis=-1)
    return convolved(x, arrays, "classifier.1", padding=padding).mean(axis=(0, 1))


def caffe_arrays(arrays, version):
    """The same under Caffe's names, kernels as Keras has them."""
    numbers = (place for place, kind in enumerate(SEQUENCE[version]) if kind == "F")
    names = {"features.0": "conv1", "classifier.1": "conv10"}
    for number, place in enumerate(numbers, start=2):
        names |= {f"features.{place}.{k}": f"fire{number}/{v}" for k, v in PARTS.items()}
    found = {}
    for name, array in arrays.items():
        path, kind = name.rsplit(".", 1)
        kernel = array.ndim == 4
        found[f"{names[path]}/{'kernel' if kernel else kind}"] = array.T if kernel else array
        if kernel:  # (width, height, in, out)
            found[f"{names[path]}/kernel"] = array.transpose(2, 3, 1, 0)
    return found


def write_keras_2(path, arrays):
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            layer, kind = name.rsplit("/", 1)
            file[f"{layer}/{layer}_3/{kind}:0"] = array


def close_up(path, size=227):
    """The middle square of a photograph: `(1, size, size, 3)`."""
    with Image.open(path) as image:
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        square = image.convert("RGB").crop((left, top, left + side, top + side))
        return np.asarray(square.resize((size, size), Image.BILINEAR), "float32")[np.newaxis]


@pytest.fixture
def weights_1_0(media):
    return str(media.parent / "weights/squeezenet_v1_0/squeezenet_v1_0.npz")


@pytest.fixture
def weights_1_1(media):
    folder = media.parent / "weights/squeezenet_v1_1_notop"
    return str(folder / "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5")


@each_version
def test_torchvisions_weights_make_the_network_of_the_definition(version, rng, tmp_path):
    arrays = torch_arrays(version, rng)
    np.savez(tmp_path / "torch.npz", **arrays)
    model = SqueezeNet(
        weights=str(tmp_path / "torch.npz"), version=version, classifier_activation=None
    )
    picture = rng.uniform(0, 255, (1, 50, 61, 3)).astype("float32")
    normalised = (picture[0] / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    expected = logits(normalised, arrays, version)
    np.testing.assert_allclose(model(picture)[0], expected, atol=1e-4 * expected.max())


@each_version
@pytest.mark.parametrize(("suffix", "padding"), [("npz", 1), ("h5", 0)])
def test_caffes_weights_are_turned_to_fit_the_front_end(version, suffix, padding, rng, tmp_path):
    arrays = torch_arrays(version, rng)
    arrays["features.0.weight"] /= 60  # for an input of up to 150
    path, theirs = tmp_path / f"caffe.{suffix}", caffe_arrays(arrays, version)
    np.savez(path, **theirs) if suffix == "npz" else write_keras_2(path, theirs)
    model = SqueezeNet(
        weights=str(path), version=version, classifier_activation=None, conv10_padding=padding
    )
    picture = rng.uniform(0, 255, (1, 50, 61, 3)).astype("float32")
    expected = logits(picture[0][..., ::-1] - [104, 117, 123], arrays, version, padding)
    np.testing.assert_allclose(model(picture)[0], expected, atol=1e-4 * expected.max())


def test_pooling_rounds_up_at_every_size(rng):
    inputs = keras.Input((None, None, 2))
    model = keras.Model(inputs, network._pool(inputs, "pool"))
    for size in range(20, 65):
        x = np.maximum(rng.normal(size=(size, 85 - size, 2)), 0).astype("float32")
        np.testing.assert_array_equal(model(x[np.newaxis])[0], pooled(x))


@pytest.mark.parametrize(
    ("version", "parameters", "shapes"),
    [
        ("1.0", 1_248_424, [(125, 168, 96), (62, 84, 256), (31, 42, 512), (15, 21, 512)]),
        ("1.1", 1_235_496, [(127, 170, 64), (63, 85, 128), (31, 42, 256), (15, 21, 512)]),
    ],
)
def test_has_its_size_and_four_named_banks(version, parameters, shapes):
    model = SqueezeNet(weights=None, version=version)
    assert model.count_params() == parameters
    found = squeezenet.banks(model)(np.full((1, 256, 341, 3), 99, "float32"))
    assert [found[f"bank{i}"].shape[1:] for i in range(1, 5)] == shapes
    assert all(np.min(bank) >= 0 for bank in found.values())
    last = SqueezeNet(False, None, version=version)
    last.set_weights(model.get_weights()[:-2])
    np.testing.assert_allclose(
        found["bank4"], last(np.full((1, 256, 341, 3), 99, "float32")), atol=1e-5
    )


@pytest.mark.parametrize(("version", "least"), [("1.0", 21), ("1.1", 17)])
def test_takes_pictures_from_its_least_size(version, least, rng):
    model = SqueezeNet(False, None, input_shape=(least, least, 3), version=version)
    assert model(rng.uniform(0, 255, (1, least, least, 3))).shape == (1, 1, 1, 512)
    picture = np.zeros((least, least, 3), "uint8")
    assert model.preprocess_input(picture).shape == (1, least, least, 3)
    with pytest.raises(InputError, match=f"from {least} x {least} pixels"):
        SqueezeNet(weights=None, input_shape=(least - 1, least, 3), version=version)
    with pytest.raises(InputError, match=f"{least} x {least} pixels. Received shape"):
        model.preprocess_input(picture[1:])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"version": "1.2"}, r"`version` must be one of \['1.0', '1.1'\]. Received: '1.2'"),
        ({"preprocessing": "caffe"}, r"`preprocessing` must be one of .*Received: 'caffe'"),
        ({"conv10_padding": 2}, r"`conv10_padding` must be one of \[0, 1\]. Received: 2"),
        ({"input_shape": (64, 64, 1)}, r"Received: \(64, 64, 1\)"),
        ({"weights": "imagenet", "version": "1.1"}, "squeezenet1_1-b8a52dc0.pth and put it"),
    ],
)
def test_what_it_cannot_be_is_named(settings, message, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(InputError, match=message):
        SqueezeNet(**{"weights": None, **settings})


@pytest.mark.parametrize(
    ("pictures", "message"),
    [
        (np.zeros((30, 30)), "Expected pictures"),
        (np.zeros((0, 30, 30, 3)), "Expected pictures"),
        (np.zeros((30, 30, 4)), "Expected pictures"),
        (np.full((30, 30, 3), np.nan), "finite numbers"),
        (np.full((30, 30, 3), -1), "Received: -1 to -1"),
        (np.full((30, 30, 3), 0.5), "The highest is 0.5: multiply by 255"),
    ],
)
def test_bad_pictures_are_named(pictures, message):
    with pytest.raises(InputError, match=message):
        squeezenet.preprocess_input(pictures)


def test_preprocess_input_makes_a_new_array():
    pictures = np.full((2, 30, 30, 3), 7, "float32")
    squeezenet.preprocess_input(pictures)[:] = 0
    assert (pictures == 7).all()


def test_the_front_end_can_leave_mean_and_deviation_out(rng):
    pixels = rng.uniform(0, 255, (1, 30, 30, 3)).astype("float32")
    model = SqueezeNet(weights=None, preprocessing="unit")
    np.testing.assert_allclose(model.get_layer("front_end")(pixels), pixels / 255, atol=1e-6)


@pytest.mark.parametrize("write", [write_pth, write_legacy_pth])
def test_a_file_that_is_not_what_its_name_says_is_refused(write, rng, tmp_path):
    arrays = torch_arrays("1.0", rng)
    write(tmp_path / "mine.pth", arrays)
    content = (tmp_path / "mine.pth").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    for name in (f"squeezenet1_0-{digest[:8]}.pth", "mine.pth"):
        (tmp_path / name).write_bytes(content)
        model = SqueezeNet(weights=str(tmp_path / name))
        kernel = arrays["classifier.1.weight"].transpose(2, 3, 1, 0)
        np.testing.assert_array_equal(model.get_layer("conv10").kernel, kernel)
    (tmp_path / "squeezenet1_0-b66bff10.pth").write_bytes(content)
    with pytest.raises(InputError, match=f"begins with b66bff10, .* but has {digest[:8]}"):
        SqueezeNet(weights=str(tmp_path / "squeezenet1_0-b66bff10.pth"))


def test_torchvisions_file_is_taken_from_keras_folder(rng, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    arrays = torch_arrays("1.0", rng)
    monkeypatch.setattr("keras_sounddream.convert.read_arrays", lambda path: arrays)
    monkeypatch.setattr(weight_files, "_check_digits", lambda path: None)
    monkeypatch.delitem(squeezenet.PRETRAINED["imagenet"], "sha256")  # which is of the official one
    (tmp_path / "models").mkdir()
    (tmp_path / "models/squeezenet1_0-b66bff10.pth").write_bytes(b"weights")
    assert SqueezeNet().labels[932:934] == ("pretzel", "cheeseburger")


def test_other_models_have_no_banks():
    with pytest.raises(InputError, match="Expected a SqueezeNet, which has four banks"):
        squeezenet.banks(applications.LogMelCNN(weights=None))


@pytest.mark.parametrize(
    ("photo", "labels", "score"),
    [
        ("burger.jpg", ["cheeseburger"], 0.998),
        ("camera.png", ["tripod"], 0.96),
        ("coffee.png", ["espresso"], 0.90),
        ("chelsea.png", ["Egyptian cat", "tiger cat"], 0.53),
        ("cats_and_dogs.jpg", ["Pembroke"], 0.64),
    ],
)
def test_names_photographs(photo, labels, score, media, weights_1_0):
    picture = close_up(media / "images" / photo)
    for padding in (0, 1):
        model = SqueezeNet(weights=weights_1_0, conv10_padding=padding)
        best = squeezenet.decode_predictions(model.predict(picture, verbose=0))[0]
        names = [label.split(", ")[0] for _, label, _ in best]
        assert names[: len(labels)] == labels
        assert best[0][1] == model.labels[best[0][0]]
    assert best[0][2] == pytest.approx(score, abs=0.006)  # as Caffe's model scores it


def test_version_1_1_sees_alike_what_is_alike(media, weights_1_1):
    model = SqueezeNet(False, weights_1_1, pooling="avg", version="1.1")
    photos = [close_up(path) for path in sorted((media / "images").iterdir())]
    features = np.concatenate([model(photo) for photo in photos])
    moved = np.concatenate([model(photo[:, 20:, :-20]) for photo in photos])
    assert 0.02 < (features == 0).mean() < 0.9
    features, moved = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (features, moved))
    assert (np.argmax(features @ moved.T, axis=1) == np.arange(len(photos))).all()


@pytest.mark.parametrize(
    ("version", "top", "layer"), [("1.0", True, "fire5_concat"), ("1.1", False, "fire6_expand3x3")]
)
def test_dreams_are_in_the_file(version, top, layer, media, weights_1_0, weights_1_1, tmp_path):
    weights = {"1.0": weights_1_0, "1.1": weights_1_1}[version]
    model = SqueezeNet(top, weights, version=version)
    result = dream_file(
        media / "images/chelsea.png",
        tmp_path / "dream.png",
        model,
        [layer],
        octaves=2,
        steps=5,
        progress=False,
    )
    assert result.gain[0] > 2
    assert result.retained[0] == pytest.approx(1, abs=0.02)


def test_a_dream_leaves_preprocessing_to_the_model(rng, tmp_path):
    model = SqueezeNet(False, None)
    objective = objectives.layer("fire3_concat")
    with pytest.raises(InputError, match="in its layer 'front_end'. Received: .*'caffe'"):
        DeepDream(model, objective, preprocessing="caffe")
    dream = DeepDream(model, objective, octaves=2, steps=2)
    assert dream.settings.preprocessing == "none"
    picture = rng.uniform(0, 255, (1, 64, 80, 3)).astype("float32")
    expected = np.mean(
        np.square(keras.Model(model.input, model.get_layer("fire3_concat").output)(picture))
    )
    assert float(dream.score(picture)[0]) == pytest.approx(float(expected), rel=1e-4)
    dream.save(tmp_path / "dream.keras")
    again = keras.models.load_model(tmp_path / "dream.keras")
    np.testing.assert_allclose(again.run(picture).picture, dream.run(picture).picture, atol=0.05)


def test_tiles_are_exact_through_the_poolings(rng):
    model = SqueezeNet(False, None)
    picture = rng.uniform(0, 255, (150, 133, 3)).astype("float32")
    settings = {"octaves": 1, "steps": 1, "roll_pixels": 3}
    objective = objectives.layer("fire5_concat")
    whole = DeepDream(model, objective, **settings).run(picture)
    tiled = DeepDream(model, objective, tile_pixels=64, **settings).run(picture)
    np.testing.assert_allclose(tiled.picture, whole.picture, atol=0.05)
