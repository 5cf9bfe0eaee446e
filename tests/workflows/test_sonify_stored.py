"""Stored activations: the forms that are read, and what is refused without running it."""

import pickle
import zipfile

import numpy as np
import pytest
import soundfile

from keras_sounddream import InputError
from keras_sounddream.sonification.inverse_fft import hold_frames, sonify_activations
from keras_sounddream.workflows.sonify.stored import read_planes, sonify_stored

PLANES = np.random.default_rng(0).gamma(1.0, size=(5, 30, 8)).astype("float32")
LAST = PLANES.transpose(1, 2, 0)  # (steps, bands, channels)


@pytest.mark.parametrize(
    ("name", "arrays", "wanted"),
    [
        ("a.npy", PLANES, {"activations": PLANES}),
        ("a.npy", PLANES[:, :, 0].T, {"activations": PLANES[:, :, :1]}),
        ("a.npy", PLANES[:, 0, 0], {"activations": PLANES[:, :1, :1]}),
        ("a.npz", {"activations": PLANES}, {"activations": PLANES}),
        ("a.npz", {"x": PLANES, "y": 2 * PLANES}, {"x": PLANES, "y": 2 * PLANES}),
        ("a.npz", {"files": np.array(["x.wav"]), "conv/0": LAST}, {"conv": PLANES}),
        ("a.npz", {"files": np.array(["x.wav"]), "c/0": LAST[:, 0]}, {"c": PLANES[:, :, :1]}),
        (
            "a.npz",
            {"files": np.array(["p/x.wav", "q/x.wav"]), "c/0": LAST, "c/1": 2 * LAST},
            {"c [x]": PLANES, "c/1 [c/1]": 2 * PLANES},
        ),
    ],
)
def test_each_form_is_read(tmp_path, name, arrays, wanted):
    if isinstance(arrays, dict):
        np.savez(tmp_path / name, **arrays)
    else:
        np.save(tmp_path / name, arrays)
    found = read_planes(tmp_path / name)
    assert set(found) == set(wanted)
    for layer, planes in wanted.items():
        np.testing.assert_array_equal(found[layer], planes)


def test_they_are_made_audible_as_those_of_a_network(tmp_path):
    np.savez(tmp_path / "activations-4_cup.npz", activations=PLANES)
    settings = {"least_seconds": 0}
    made = sonify_stored(
        tmp_path / "activations-4_cup.npz", tmp_path / "exact", progress=False, settings=settings
    )
    sound, rate = soundfile.read(tmp_path / "exact" / made[0].files[0])
    np.testing.assert_allclose(sound, sonify_activations(PLANES), atol=1e-6)
    assert rate == 11025
    assert (tmp_path / "exact" / "index.html").is_file()
    sonify_stored(tmp_path / "activations-4_cup.npz", tmp_path / "held", progress=False)
    held, _ = soundfile.read(tmp_path / "held" / made[0].files[0])
    assert len(held) >= 0.5 * rate
    np.testing.assert_allclose(held, hold_frames(sound, 8, len(held)), atol=1e-6)


@pytest.mark.parametrize(
    ("count", "samples", "wanted"), [(1, 6, 1), (1, 7, 2), (1, 24, 4), (4, 24, 1), (4, 25, 2)]
)
def test_frames_are_held_until_a_sound_is_long_enough(count, samples, wanted):
    signal = np.arange(6.0)
    held = hold_frames(signal, 3, samples, count)
    assert len(held) == 6 * wanted
    np.testing.assert_array_equal(held.reshape(2, wanted, 3)[:, -1], signal.reshape(2, 3))


def broken(path, kind):
    """Writes a file that holds no activations."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("activations.npy", b"\x93NUMPY\x01\x00v\x00{'descr': broken")
    if kind == "text":
        path.write_text("hello")
    elif kind == "pickle":
        path.write_bytes(pickle.dumps([1, 2, 3]))
    elif kind == "objects":
        np.savez(path, activations=np.array([{"a": 1}], dtype=object))
    elif kind == "cut":
        np.savez(path, activations=PLANES)
        path.write_bytes(path.read_bytes()[:-40])
    elif kind == "claims":
        header = "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999, 99999999, 99), }"
        head = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("activations.npy", head)
    elif kind == "empty":
        np.savez(path)
    elif kind not in ("header", "gone"):
        np.savez(path, **kind)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("gone", "there is no such file"),
        ("text", "Cannot read .* as activations"),
        ("pickle", "Cannot read .* as activations"),
        ("objects", "Cannot read .* as activations"),
        ("cut", "Cannot read .* as activations"),
        ("claims", "Cannot read .* as activations"),
        ("header", "Cannot read .* as activations"),
        ("empty", "holds no array"),
        ({"words": np.array(["a"])}, "Expected activations, numbers"),
        ({"activations": np.full((2, 3, 4), np.nan)}, "Some are not numbers"),
        ({"activations": np.zeros((2, 3, 4, 5))}, "is no layer's activations"),
        ({"activations": np.zeros((0, 3, 4))}, "is no layer's activations"),
        ({"files": np.array(["a.wav"]), "conv": np.ones((1, 4))}, "--pooling none"),
    ],
)
def test_what_holds_no_activations_is_refused(tmp_path, kind, message):
    path = tmp_path / "a.npz"
    broken(path, kind)
    if kind == "gone":
        path.unlink()
    with pytest.raises(InputError, match=message) as error:
        read_planes(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"method": "mask"}, "use ifft or parameter_map"),
        ({"method": "fft"}, "must be one of ifft, mask"),
        ({"preprocessing": "tf"}, "is for pictures"),
        ({"settings": {"least_seconds": 100}}, "`least_seconds` must be at least 0 and at most 60"),
        ({"settings": {"voices": 3}}, "has no setting 'voices'"),
    ],
)
def test_settings_that_need_more_are_refused(tmp_path, request_, message):
    np.save(tmp_path / "a.npy", PLANES)
    with pytest.raises(InputError, match=message):
        sonify_stored(tmp_path / "a.npy", tmp_path / "out", **request_)
    assert not (tmp_path / "out").exists()
