"""Activations by layer: pooling against NumPy, patches, lengths, and what is refused."""

import keras
import numpy as np
import pytest

from keras_sounddream import InputError, applications, audio
from keras_sounddream.training.transfer.activations import (
    POOLINGS,
    activations,
    layer_activations,
    windows,
)


@pytest.fixture
def sounds(rng):
    """Two sounds of 1 s and 0.5 s at 24 kHz."""
    return [rng.normal(0, 0.1, n).astype("float32") for n in (24000, 12000)]


def test_poolings_are_those_of_numpy(small_model, sounds):
    inner = keras.Model(small_model.input, small_model.get_layer("conv1").output)
    heard = [np.asarray(inner(sound[None]))[0] for sound in sounds]  # (frames, bands, channels)
    for keep, axes in ((False, (0, 1)), (True, (0,))):
        mean, std, most = (
            [getattr(x, how)(axis=axes).reshape(-1, 8) for x in heard]
            for how in ("mean", "std", "max")
        )
        both = [np.concatenate(pair, axis=1).ravel() for pair in zip(mean, std, strict=True)]
        expected = {"mean": mean, "max": most, "mean+std": both}
        for pooling, rows in expected.items():
            got = layer_activations(small_model, "conv1", sounds, pooling, keep_bands=keep)
            np.testing.assert_allclose(got, [row.ravel() for row in rows], atol=1e-5)
    raw = layer_activations(small_model, "conv1", sounds, "none", keep_bands=True)
    for got, expected in zip(raw, heard, strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-5)


def test_windows_are_a_tenth_of_the_steps_every_half_of_it():
    steps = np.arange(80.0).reshape(40, 2)
    got = windows(steps)
    assert got.shape == (19, 8)
    np.testing.assert_array_equal(got[1], np.arange(4.0, 12.0))
    assert windows(np.ones((3, 2))).shape == (3, 2)


def test_patches_are_steps_one_after_the_other(rng):
    model = applications.YAMNet(weights=None)
    sound = rng.normal(0, 0.1, 30960).astype("float32")  # three patches
    names = ["embeddings", "pool", "layer14_pointwise_relu"]
    found = activations(model, names, [sound], "none")
    assert [found[name][0].shape for name in names] == [(3, 1024), (3, 1024), (3 * 3 * 2, 1024)]
    kept = layer_activations(model, names[2], [sound], "none", keep_bands=True)[0]
    assert kept.shape == (9, 2, 1024)
    np.testing.assert_allclose(
        kept.reshape(3, 6, 1024).mean(axis=1), found["embeddings"][0], atol=1e-4
    )


def test_files_are_read_at_the_models_rate_and_fitted(small_model, tmp_path, sounds):
    audio.save(tmp_path / "a.wav", sounds[1], 24000, bits=32)
    twice = np.tile(sounds[1], 2)
    from_file = layer_activations(small_model, "conv2", [tmp_path / "a.wav"], seconds=1)
    from_array = layer_activations(small_model, "conv2", [twice])
    np.testing.assert_allclose(from_file, from_array, rtol=1e-4)


def _broken(model):
    broken = keras.models.clone_model(model)
    broken.set_weights([np.full_like(w, np.inf if w.ndim == 1 else 0) for w in model.get_weights()])
    return broken


BAD = {
    "layer": (lambda m: (m, "conv3", [np.ones(4000)]), "no layer 'conv3'. Did you mean conv"),
    "pooling": (lambda m: (m, "conv1", [np.ones(4000)], "maxx"), "no pooling 'maxx'. .* max"),
    "no sounds": (lambda m: (m, "conv1", []), "at least one"),
    "waveform": (lambda m: (m, "waveform", [np.ones(4000)]), "'waveform' gives"),
    "file": (lambda m: (m, "conv1", ["no.wav"]), "no.wav"),
    "shape": (lambda m: (m, "conv1", [np.ones((2, 9))]), r"\(2, 9\)"),
    "infinite": (
        lambda m: (_broken(m), "conv1", [np.ones(4000)]),
        "sound 0 are not finite",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(small_model, case):
    arguments, message = BAD[case]
    with pytest.raises(InputError, match=message):
        layer_activations(*arguments(small_model))


def test_every_pooling_gives_a_row_a_sound(small_model, sounds):
    for pooling in POOLINGS:
        assert len(layer_activations(small_model, "conv2", sounds, pooling)) == 2
