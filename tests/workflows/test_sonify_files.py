"""Files that go into a sonification and come out of it."""

import keras
import numpy as np
import pytest
import soundfile
from PIL import Image

from keras_sounddream import InputError
from keras_sounddream.workflows.sonify import input_files, layer_files, output_files
from keras_sounddream.workflows.sonify.workflow import plain_name


def classifier(labels, shape=(None,)):
    """A model of sounds or pictures whose second class is the likeliest."""
    inputs = keras.Input(shape)
    x = keras.layers.Lambda(lambda x: keras.ops.zeros((1, 3)), output_shape=(3,))(inputs)
    x = keras.layers.Lambda(
        lambda x: x + keras.ops.convert_to_tensor([0.1, 0.7, 0.2]), output_shape=(3,)
    )(x)
    model = keras.Model(inputs, x, name="classifier")
    model.labels = labels
    model.sample_rate = 8000
    return model


@pytest.mark.parametrize(
    ("shape", "short_edge", "expected"),
    [
        ((40, 80), 20, (20, 40)),
        ((80, 40), 20, (40, 20)),
        ((30, 50), 20, (20, 33)),  # the long edge is rounded down
        ((40, 80), 0, (40, 80)),
        ((40, 80), -3, (40, 80)),
        ((40, 80), 40, (40, 80)),
        ((10, 20), 15, (15, 30)),
    ],
)
def test_the_short_edge_is_resized(shape, short_edge, expected, rng):
    picture = rng.uniform(0, 255, (*shape, 3)).astype("float32")
    resized = input_files.resize(picture, short_edge)
    assert resized.shape == (*expected, 3)
    assert (resized is picture) == (shape == expected)
    assert resized.dtype == "float32"


@pytest.mark.parametrize("short_edge", [1.5, "9", True, None, 32769, float("nan")])
def test_sizes_that_are_none_are_refused(short_edge):
    with pytest.raises(InputError, match="`image_size` must be a whole number up to 32768"):
        input_files.resize(np.zeros((4, 4, 3), "float32"), short_edge)


def test_a_resized_picture_has_whole_numbers():
    resized = input_files.resize(np.full((8, 8, 3), 100.4, "float32"), 4)
    np.testing.assert_array_equal(resized, 100)


@pytest.mark.parametrize(
    ("labels", "path", "expected"),
    [
        (["a", "tabby, tabby cat", "c"], "in.wav", "tabby"),
        (["a", "fire-truck (red)", "c"], "in.wav", "fire-truck-red"),
        (None, "my file_1.wav", "my-file-1"),
        ({"scene": ["a"]}, "folder/in.wav", "in"),
        (None, "….wav", "input"),
    ],
)
def test_a_source_is_named_by_its_class_or_its_file(labels, path, expected):
    source = np.full(1000, 0.1, "float32")
    assert input_files.name_source(classifier(labels), source, path) == expected


def test_reading_a_source_resamples_and_refuses_silence(tmp_path):
    model = classifier(None)
    soundfile.write(tmp_path / "a.wav", np.full((1600, 2), 0.5), 16000)
    assert input_files.read_source(model, tmp_path / "a.wav", 0).shape == (800,)
    soundfile.write(tmp_path / "b.wav", np.zeros(1600), 16000)
    with pytest.raises(InputError, match="silent"):
        input_files.read_source(model, tmp_path / "b.wav", 0)
    Image.new("RGB", (8, 8)).save(tmp_path / "c.png")
    with pytest.raises(InputError, match="is a picture, and classifier takes sounds"):
        input_files.read_source(model, tmp_path / "c.png", 0)


def test_reading_a_picture_resizes_it(tmp_path):
    Image.new("RGB", (40, 20), "red").save(tmp_path / "c.png")
    source = input_files.read_source(classifier(None, (None, None, 3)), tmp_path / "c.png", 10)
    np.testing.assert_array_equal(source, np.broadcast_to([255, 0, 0], (10, 20, 3)))


@pytest.mark.parametrize(("bits", "subtype"), [(16, "PCM_16"), (24, "PCM_24"), (32, "FLOAT")])
def test_signals_are_written_block_by_block(tmp_path, rng, bits, subtype):
    blocks = [rng.uniform(-1, 1, n).astype("float32") for n in (5, 1, 300)]
    path = tmp_path / "a.wav"
    assert output_files.write_signals(path, iter(blocks), 8000, bits) == 306
    info = soundfile.info(path)
    assert (info.subtype, info.samplerate, info.frames) == (subtype, 8000, 306)
    np.testing.assert_allclose(
        soundfile.read(path)[0], np.concatenate(blocks), atol=2.0 ** (2 - bits) if bits < 32 else 0
    )
    with pytest.raises(InputError, match="exists"):
        output_files.write_signals(path, blocks, 8000)


def test_a_sound_that_is_too_long_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(output_files, "_MOST_BYTES", 100)
    with pytest.raises(InputError, match=r"a\.wav would be longer than 4 GB"):
        output_files.write_signals(tmp_path / "a.wav", [np.zeros(20, "float32")] * 3, 8000)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("sound", [[51, 153, 255], [0, 102, 204]]),  # bands from bottom to top
        ("landscape", [[0, 102, 204], [51, 153, 255]]),
        ("portrait", [[0, 51], [102, 153], [204, 255]]),
    ],
)
def test_a_plane_is_drawn_as_it_lay(layout, expected):
    plane = np.arange(6).reshape(3, 2)  # (frames, bands)
    np.testing.assert_array_equal(output_files.draw_grid([plane], layout), expected)


def test_planes_are_laid_out_in_a_grid(tmp_path):
    grid = output_files.draw_grid([np.ones((3, 2))] * 4, "sound")
    assert grid.shape == (2 * 4 - 2, 2 * 5 - 2)
    assert not grid.any()  # a plane of one number has no contrast
    output_files.write_grid(tmp_path / "a.png", [np.eye(3)], "sound")
    assert Image.open(tmp_path / "a.png").size == (3, 3)


@pytest.mark.parametrize(
    ("name", "plain"), [("conv1", "conv1"), ("a/b:c", "a-b-c"), ("bank 1", "bank-1"), ("é", "é")]
)
def test_names_of_layers_become_names_of_files(name, plain):
    assert plain_name(name) == plain


@pytest.mark.parametrize("name", ["", "///", "..", "-_."])
def test_names_without_letters_are_refused(name):
    with pytest.raises(InputError, match="Expected a name of letters or digits"):
        plain_name(name)


def test_blocks_are_kept_until_they_are_too_many(monkeypatch):
    monkeypatch.setattr(layer_files, "LONGEST_MIX", 5)
    blocks = [np.ones(2), np.ones(3), np.ones(1)]
    short, long = layer_files.PassedOn(blocks[:2]), layer_files.PassedOn(blocks)
    assert [len(block) for block in short] == [2, 3]
    assert [len(block) for block in long] == [2, 3, 1]
    assert len(short.blocks) == 2
    assert long.blocks is None
