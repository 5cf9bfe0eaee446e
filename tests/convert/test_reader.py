"""Recognition of weight files: by their content, whatever they are called."""

import numpy as np
import pytest
from convert.writers import WRITERS

from keras_sounddream import convert
from keras_sounddream.convert import reader
from keras_sounddream.errors import InputError

BY_SUFFIX = {".t7": "t7", ".th": "t7", ".pth": "pth", ".pt": "pth"}
ONE_FILE = [name for name in WRITERS if not name.endswith(".index")]


@pytest.fixture
def arrays(rng):
    return {name: rng.normal(size=(2, 3)).astype("float32") for name in ("first", "second")}


@pytest.mark.parametrize("file", ONE_FILE)
@pytest.mark.parametrize("suffix", ["", ".bin", ".npz", ".wav"])
def test_the_content_decides_and_not_the_name(file, suffix, arrays, tmp_path):
    WRITERS[file](tmp_path / file, arrays)
    wanted = convert.read_arrays(tmp_path / file)
    (tmp_path / file).rename(tmp_path / f"weights{suffix}")
    found = convert.read_arrays(tmp_path / f"weights{suffix}")
    assert found.keys() == wanted.keys()
    for name, array in found.items():
        np.testing.assert_array_equal(array, wanted[name])


@pytest.mark.parametrize("file", ONE_FILE)
@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_arrays_are_those_written(file, kind, arrays, tmp_path):
    WRITERS[file](tmp_path / file, arrays)
    found = convert.read_arrays(kind(tmp_path / file))
    assert sorted(found) == ["first", "second"]
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x93NUMPY\1\0", "npy"),
        (b"\x89HDF\r\n\x1a\n", "h5"),
        (b"\x1c\0\0\0TFL3", "tflite"),
        (b"\3\0\0\0\1\0\0\0", "t7"),
        (b"\4\0\0\0\1\0\0\0", "t7"),
        (b"\x80\2]", "npy"),
        (b"\x80\2\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", "pth"),
        (b"\x80\4", "npy"),
    ],
)
@pytest.mark.parametrize("suffix", ["", ".bin", ".t7", ".pth", ".h5"])
def test_beginnings_are_known(content, kind, suffix, tmp_path):
    (tmp_path / f"w{suffix}").write_bytes(content)
    assert reader._kind(tmp_path / f"w{suffix}") == kind


@pytest.mark.parametrize("content", [b"", b"words", b"RIFF1234WAVE", b"\0" * 64])
@pytest.mark.parametrize("suffix", ["", ".npz", ".npy", ".h5", ".tflite", *BY_SUFFIX])
def test_a_suffix_decides_only_where_the_content_does_not(content, suffix, tmp_path):
    path = tmp_path / f"w{suffix}"
    path.write_bytes(content)
    if suffix in BY_SUFFIX:
        assert reader._kind(path) == BY_SUFFIX[suffix]
    else:
        begin = "it is empty" if not content else "it begins with b"
        with pytest.raises(InputError, match=f"Expected weights as .* is none of them: {begin}"):
            reader._kind(path)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("w.npz", True),
        ("model.ckpt-1", True),
        ("model.ckpt-1.index", True),
        ("model.ckpt", False),
        ("gone.npz", False),
        ("folder", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_what_is_there_is_a_file_or_a_checkpoint(asked, wanted, kind, tmp_path):
    (tmp_path / "folder").mkdir()
    for name in ("w.npz", "model.ckpt-1.index", "model.ckpt-1.data-00000-of-00001"):
        (tmp_path / name).touch()
    assert convert.is_there(kind(tmp_path / asked)) is wanted


@pytest.mark.parametrize("name", ["gone.npz", "gone.pth", "gone", "gone.ckpt-1", "gone/w.npz"])
def test_a_file_that_is_missing_is_one_error(name, tmp_path):
    with pytest.raises(InputError, match="Cannot read the weights .*: No such file") as caught:
        convert.read_arrays(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())
