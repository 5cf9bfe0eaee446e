"""UrbanSoundCNN: its table, its two front ends, and the original's weights."""

import itertools
import re

import keras
import numpy as np
import pytest
from places import ROOT

from keras_sounddream import DeepDream, InputError, audio, objectives
from keras_sounddream.applications import UrbanSoundCNN, classify, urban_sound_cnn
from keras_sounddream.applications.urban_sound_cnn import model as urban_model
from keras_sounddream.cli.main import main

LEGACY = {"weights": None, "front_end": "legacy", "classes": 9}


def count(filters, dense_sizes, kernel_size=3):
    """Weights of convolutions and of dense layers, biases included."""
    convolutions = sum(
        (kernel_size**2 * before + 1) * after for before, after in itertools.pairwise((1, *filters))
    )
    dense = sum((before + 1) * after for before, after in itertools.pairwise(dense_sizes))
    return convolutions + dense


@pytest.mark.parametrize(
    ("architecture", "filters", "pooled", "units"),
    [
        ("xsmall", (32, 64, 128, 128), 33 * 4, (2048,)),
        ("slim_deep", (32, *[64] * 8), 9 * 1, (2048,)),
        ("vgg16_skipped", (64, 128, 256, 512, 512), 5 * 1, (4096,)),
    ],
)
def test_legacy_networks_have_the_originals_sizes(architecture, filters, pooled, units):
    model = UrbanSoundCNN(architecture=architecture, **LEGACY)
    dense = (pooled * filters[-1], *units, 9)
    assert model.count_params() == count(filters, dense)
    assert (model.sample_rate, model.input_shape) == (8000, (None, 32000))


def test_the_network_that_was_trained_has_139982345_parameters():
    assert count((64, 128, 256, 512), (33 * 4 * 512, 2048, 9)) == 139_982_345
    model = UrbanSoundCNN(architecture="fat_shallow", include_top=False, **LEGACY)
    assert model.output_shape == (None, 4, 33, 512)
    assert model.count_params() == count((64, 128, 256, 512), (0,))


@pytest.mark.parametrize("architecture", list(urban_model._ARCHITECTURES))
def test_every_architecture_hears_a_tenth_of_a_second_and_more(architecture):
    model = UrbanSoundCNN(weights=None, architecture=architecture, classes=4)
    for num_samples in (2400, 12345):
        scores = model(np.zeros((1, num_samples), "float32"))
        np.testing.assert_allclose(np.sum(scores), 1, rtol=1e-5)


def test_vgg16_is_vgg16():
    model = UrbanSoundCNN(weights=None, architecture="vgg16")
    names = [layer.name for layer in model.layers if layer.name.startswith(("conv", "pool", "fc"))]
    poolings = {2: "pool2", 4: "pool4", 7: "pool7", 10: "pool10", 13: "pool13"}
    expected = []
    for i in range(1, 14):
        expected += [f"conv{i}", *([poolings[i]] if i in poolings else [])]
    assert [n for n in names if "dropout" not in n and "pooled" not in n] == [
        *expected,
        "fc1",
        "fc2",
    ]


def test_dropout_follows_the_first_pooling_and_the_first_dense_layer_alone():
    model = UrbanSoundCNN(weights=None, architecture="vgg16_skipped")
    before = {
        layer.name: layer.input._keras_history.operation.name
        for layer in model.layers
        if isinstance(layer, keras.layers.Dropout)
    }
    assert before == {"pool_dropout": "pool1", "fc_dropout": "fc1"}


def test_below_zero_a_fifth_is_left():
    model = UrbanSoundCNN(weights=None)
    for name in ("conv1", "conv4", "fc1"):
        activation = model.get_layer(name).activation
        np.testing.assert_allclose(activation(np.array([-5.0, 2.0])), [-1.0, 2.0], rtol=1e-6)


def test_kernel_size_is_that_of_every_convolution():
    model = UrbanSoundCNN(weights=None, kernel_size=5)
    shapes = [layer.kernel.shape[:2] for layer in model.layers if layer.name.startswith("conv")]
    assert shapes == [(5, 5)] * 4


def convolve(x, kernel, bias):
    """3 x 3 convolution of `(height, width, channels)`, zeros around it, and LeakyReLU."""
    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(0, 1))
    return leak(np.einsum("hwcij,ijco->hwo", windows, kernel) + bias)


def leak(x):
    return 0.6 * x + 0.4 * np.abs(x)


def halve(x):
    height, width = -(-x.shape[0] // 2), -(-x.shape[1] // 2)
    ends = ((0, 2 * height - x.shape[0]), (0, 2 * width - x.shape[1]), (0, 0))
    padded = np.pad(x, ends, constant_values=-np.inf)
    return padded.reshape(height, 2, width, 2, -1).max(axis=(1, 3))


def original(spectrogram, w):
    """The original's network on `(129, 13)`, by its checkpoint's names; logits."""
    x = spectrogram[..., None]
    for i in (1, 2, 3, 4):
        x = convolve(x, w[f"conv{i}/conv_kernel/kernel"], w[f"conv{i}/conv_bias/conv_bias"])
        x = x if i % 2 else halve(x)
    x = leak(x.reshape(-1) @ w["fc1/fc_weights/weights"] + w["fc1/fc_bias/fc_bias"])
    return x @ w["fc2/fc_weights/weights"] + w["fc2/fc_bias/fc_bias"]


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(urban_model._ARCHITECTURES, "tiny", (((2, 3), (4, 4)), (5,)))
    return {**LEGACY, "architecture": "tiny", "legacy_normalization": True}


@pytest.fixture
def checkpoint(rng):
    """Random weights of `tiny` under the original's names."""
    shapes = {}
    for i, (before, after) in enumerate(itertools.pairwise((1, 2, 3, 4, 4)), start=1):
        shapes[f"conv{i}/conv_kernel/kernel"] = (3, 3, before, after)
        shapes[f"conv{i}/conv_bias/conv_bias"] = (after,)
    for i, (before, after) in enumerate(itertools.pairwise((33 * 4 * 4, 5, 9)), start=1):
        shapes[f"fc{i}/fc_weights/weights"] = (before, after)
        shapes[f"fc{i}/fc_bias/fc_bias"] = (after,)
    return {name: rng.normal(0, 0.3, shape) for name, shape in shapes.items()}


def test_the_originals_checkpoint_gives_the_originals_logits(tiny, checkpoint, tmp_path, rng):
    np.savez(tmp_path / "model.npz", **checkpoint)
    model = UrbanSoundCNN(
        **{**tiny, "weights": str(tmp_path / "model.npz")},
        classifier_activation=None,
        include_front_end=False,
    )
    spectrogram = rng.normal(size=(129, 13))
    found = model(spectrogram.T[None].astype("float32"))[0]
    np.testing.assert_allclose(found, original(spectrogram, checkpoint), rtol=1e-4, atol=1e-4)


def test_the_originals_checkpoint_serves_without_its_top(tiny, checkpoint, tmp_path):
    np.savez(tmp_path / "model.npz", **checkpoint)
    model = UrbanSoundCNN(**{**tiny, "weights": str(tmp_path / "model.npz")}, include_top=False)
    kernel = model.get_layer("conv2").kernel
    np.testing.assert_allclose(
        np.swapaxes(kernel, 0, 1), checkpoint["conv2/conv_kernel/kernel"], rtol=1e-6
    )


def test_a_checkpoint_of_another_architecture_is_named(tiny, checkpoint, tmp_path):
    np.savez(tmp_path / "model.npz", **checkpoint)
    arguments = {**tiny, "weights": str(tmp_path / "model.npz"), "architecture": "slim_deep"}
    with pytest.raises(InputError, match="lacks the tensor 'conv5/conv_bias/conv_bias'"):
        UrbanSoundCNN(**arguments)


def test_a_legacy_model_classifies_what_preprocess_input_brings(tiny, rng):
    model = UrbanSoundCNN(**tiny)
    for num_samples in (100, 44100, 300000):  # shorter is repeated, longer is cut
        waveform = rng.normal(0, 0.1, num_samples)
        prepared = model.preprocess_input(waveform, 44100)
        assert prepared.shape == (1, 32000)
        assert model(prepared).shape == (1, 9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"architecture": "vgg19"}, r"`architecture` must be one of \['xsmall', .*'vgg19'"),
        ({"front_end": "mel"}, r"`front_end` must be one of \('log_mel', 'legacy'\).*'mel'"),
        ({"kernel_size": 0}, "`kernel_size` must be an int above 0. Received: 0"),
        ({"architecture": "vgg16", "weights": "esc10"}, "'esc10' are of the architecture 'xsmall'"),
        ({"front_end": "legacy", "weights": "esc10"}, "Give `weights=None`, or a file"),
        ({"kernel_size": 5, "weights": "esc10"}, "kernels of 3. Received: .* 5"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        UrbanSoundCNN(**{"weights": None, **arguments})


def test_preprocess_input_of_the_family_is_for_the_log_mel_front_end():
    assert urban_sound_cnn.preprocess_input(np.zeros(100), 8000).shape == (1, 2400)
    with pytest.raises(TypeError, match="front_end"):
        urban_sound_cnn.preprocess_input(np.zeros(100), 8000, front_end="legacy")


def test_the_dream_is_still_there_in_the_file(chirp):
    model = UrbanSoundCNN()
    dream = DeepDream(model, objectives.layer("conv4"), octaves=2, steps=5)
    result = dream.run(chirp)
    assert result.gain[0] > 1.5
    assert result.retained[0] == pytest.approx(1, abs=0.05)


def test_the_card_says_what_evaluate_prints(esc10, capsys):
    card = (ROOT / "saved_models" / "urban_sound_cnn_esc10.md").read_text()
    said = re.search(r"Fold 5 with the shipped weights: \*\*(.+) %\*\*", card)[1]
    options = ["--weights", "esc10", "--data", str(esc10), "--fold", "5"]
    assert main(["evaluate", "urban_sound_cnn", *options]) == 0
    assert f"accuracy {float(said):.2f}% (80 clips, fold 5)" in capsys.readouterr().out


@pytest.mark.parametrize("seconds", [0.5, 4.0, 9.0])
def test_files_of_any_length_are_classified_by_a_legacy_model(tiny, tmp_path, rng, seconds):
    waveform = rng.normal(0, 0.1, round(8000 * seconds)).astype("float32")
    audio.save(tmp_path / "a.wav", waveform, 8000)
    model = UrbanSoundCNN(**tiny)
    heard = audio.load(tmp_path / "a.wav", 8000)[0]
    pieces = [np.resize(heard, 32000)]
    if seconds > 4:
        pieces += [heard[32000:64000], heard[-32000:]]
    expected = np.mean(model(np.stack(pieces)), axis=0)
    for index, _, score in classify.classify_file(model, tmp_path / "a.wav", 9, urban_sound_cnn):
        assert score == pytest.approx(float(expected[index]), abs=1e-5)


def test_the_legacy_normalization_goes_with_the_legacy_front_end():
    with pytest.raises(InputError, match="goes with `front_end='legacy'`"):
        UrbanSoundCNN(weights=None, legacy_normalization=True)
