"""What other systems write is read as they meant it: names, numbers, kinds, strides."""

import pathlib
import pickle
import re

import h5py
import numpy as np
import pytest
from convert import writers
from convert.writers import WRITERS, Function, Instance, Raw, Strided, call, name, tensor

from keras_sounddream.convert import read_arrays
from keras_sounddream.errors import InputError

each_format = pytest.mark.parametrize("file", WRITERS)


def some_arrays(rng):
    return {
        "conv1/kernel": rng.normal(size=(3, 1, 2, 4)).astype("float32"),
        "conv1/bias": rng.normal(size=4).astype("float32"),
        "dense/kernel": rng.normal(size=(4, 5)).astype("float32"),
    }


def assert_same(found, expected):
    assert set(found) == set(expected)
    for key, array in expected.items():
        np.testing.assert_array_equal(found[key], array, strict=True)


@each_format
def test_what_was_written_is_read(file, tmp_path, rng):
    arrays = some_arrays(rng)
    WRITERS[file](tmp_path / file, arrays)
    assert_same(read_arrays(tmp_path / file), arrays)
    assert_same(read_arrays(str(tmp_path / file)), arrays)


@pytest.mark.parametrize("file", [f for f in WRITERS if "index" not in f])
def test_the_content_tells_the_format_not_the_suffix(file, tmp_path, rng):
    arrays = some_arrays(rng)
    WRITERS[file](tmp_path / file, arrays)
    (tmp_path / file).rename(tmp_path / "weights.bin")
    assert_same(read_arrays(tmp_path / "weights.bin"), arrays)


@pytest.mark.parametrize("kind", writers.TORCH)
@pytest.mark.parametrize("write", [writers.write_pth, writers.write_legacy_pth])
def test_pth_holds_numbers_of_every_kind(write, kind, tmp_path):
    array = np.array([[0, 1, 2], [3, 1, 0]]).astype(kind)
    expected = array
    if kind == "uint16":  # bfloat16, exact for small numbers
        expected = np.array([[0, 1, -2], [0.5, 3e38, 96]], "float32")
        array = (expected.view("uint32") >> 16).astype("uint16")
        expected = (array.astype("uint32") << 16).view("float32")
    write(tmp_path / "w.pth", {"a": array})
    assert_same(read_arrays(tmp_path / "w.pth"), {"a": expected})


@pytest.mark.parametrize("write", [writers.write_pth, writers.write_legacy_pth])
def test_pth_tensors_may_share_a_storage_with_strides_and_offsets(write, tmp_path):
    numbers = np.arange(24, dtype="float32")
    tree = {
        "whole": tensor("0", "Float", 24, (2, 3, 4)),
        "turned": tensor("0", "Float", 24, (4, 3, 2), (1, 4, 12)),
        "part": tensor("0", "Float", 24, (3, 2), (4, 2), 13),
        "scalar": tensor("0", "Float", 24, (), (), 7),
        "empty": tensor("0", "Float", 24, (0, 3), (3, 1), 24),
    }
    write(tmp_path / "w.pth", {"0": numbers}, tree)
    cube = numbers.reshape(2, 3, 4)
    expected = {"whole": cube, "turned": cube.T, "part": cube[1, :, 1::2], "scalar": cube[0, 1, 3]}
    found = read_arrays(tmp_path / "w.pth")
    assert found.pop("empty").shape == (0, 3)
    assert_same(found, {key: np.asarray(array) for key, array in expected.items()})


@pytest.mark.parametrize("kind", ["uint16", "uint32", "uint64"])
def test_pth_of_newer_kinds_on_storages_without_one(kind, tmp_path):
    numbers = np.array([[1, 2], [3, 4]], kind)
    hooks, size = call("collections", "OrderedDict"), call("torch", "Size", [2, 2])
    storage = ("storage", name("torch.storage", "UntypedStorage"), "0", "cpu", numbers.nbytes)
    place = (Raw(writers.pickled(storage) + b"Q"), 0, size, (2, 1))
    rebuilt = call("torch._utils", "_rebuild_tensor_v3", *place, False, hooks, name("torch", kind))
    writers.write_pth(tmp_path / "w.pth", {"0": numbers}, {"a": rebuilt})
    assert_same(read_arrays(tmp_path / "w.pth"), {"a": numbers})


def test_pth_of_a_machine_with_the_other_order_of_bytes(tmp_path):
    numbers = np.array([1, 256, -2], "int32")
    writers.write_pth(tmp_path / "w.pth", {"a": numbers.astype(">i4")}, order="big")
    assert_same(read_arrays(tmp_path / "w.pth"), {"a": numbers})


def test_legacy_pth_of_old_may_hold_views_of_storages(tmp_path):
    tree = {"a": tensor("0", "Float", 6, (2,), view=(("view", 2, 3),), offset=1)}
    writers.write_legacy_pth(tmp_path / "w.pth", {"0": np.arange(6, dtype="float32")}, tree)
    np.testing.assert_array_equal(read_arrays(tmp_path / "w.pth")["a"], [3, 4])


@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "model"])
def test_of_a_checkpoint_of_torch_the_model_is_taken(key, tmp_path, rng):
    arrays = {"0.weight": rng.normal(size=(2, 3)).astype("float32"), "0.bias": np.ones(2, "int64")}
    wrapped = {f"module.{k}": v for k, v in writers.tensors(arrays).items()}
    ordered = Raw(call("collections", "OrderedDict").code + writers.pickled(wrapped)[1:])
    state = Raw(ordered.code + writers.pickled({"_metadata": 1}) + b"b")
    moments = {"state": {0: {"exp_avg": tensor("0", "Float", 6, (2, 3))}}, "lr": 0.1}
    tree = {"epoch": 3, "best": 0.5, "arch": "net", "optimizer": moments, key: state}
    writers.write_pth(tmp_path / "w.pth", arrays, tree)
    assert_same(read_arrays(tmp_path / "w.pth"), arrays)


def test_nested_modules_of_torch_are_joined_by_dots_and_parameters_are_tensors(tmp_path):
    weight = tensor("0", "Float", 2, (2,))
    parameter = call(
        "torch._utils", "_rebuild_parameter", weight, True, call("collections", "OrderedDict")
    )
    tree = {"encoder": {"weight": parameter, "steps": [weight, None]}, "decoder.weight": weight}
    writers.write_pth(tmp_path / "w.pth", {"0": np.ones(2, "float32")}, tree)
    names = {"encoder.weight", "encoder.steps.0", "decoder.weight"}
    assert set(read_arrays(tmp_path / "w.pth")) == names


def test_t7_names_modules_from_1_and_leaves_out_what_is_computed(tmp_path):
    weight, bias = np.ones((2, 1, 3, 1), "float32"), np.arange(2, dtype="float64")
    conv = Instance(
        "nn.SpatialConvolution",
        {"weight": weight, "bias": bias, "gradWeight": weight * 0, "output": weight[:0], "kW": 1.0},
    )
    fields = {"modules": {1: conv, 2: Instance("nn.ReLU", {"inplace": True})}, "train": False}
    writers.write_t7(tmp_path / "w.t7", {}, Instance("nn.Sequential", fields))
    found = read_arrays(tmp_path / "w.t7")
    assert_same(found, {"modules/1/weight": weight, "modules/1/bias": bias})


@pytest.mark.parametrize("long", ["<q", "<i"])
@pytest.mark.parametrize("version", [True, False])
def test_t7_of_64_and_32_bits_with_strides_shared_storages_and_rings(long, version, tmp_path):
    numbers = np.arange(12, dtype="float32")
    tree = {
        "a": Strided(numbers, (3, 4), (4, 1)),
        "turned": Strided(numbers, (2, 2), (1, 4), 5),
        "lua": None,
        "on": True,
        "size": "words",
    }
    tree["again"] = {"self": tree, "a": tree["a"]}
    writers.write_t7(tmp_path / "w.t7", {}, tree, long=long, version=version)
    square = numbers.reshape(3, 4)
    expected = {"a": square, "again/a": square, "turned": square[1:, 1:3].T}
    assert_same(read_arrays(tmp_path / "w.t7"), expected)


def test_t7_of_cuda_holds_floats_and_functions_are_passed_over(tmp_path):
    weight = np.array([1, 2], "float32")
    run = Function(8, {1: "upvalue"})
    tree = {"run": run, "again": run, "older": Function(7, None), "old": Function(6, None)}
    tree["weight"] = weight
    writers.write_t7(tmp_path / "w.t7", {}, tree, kinds={"float32": "Cuda"})
    assert_same(read_arrays(tmp_path / "w.t7"), {"weight": weight})


@pytest.mark.parametrize("protocol", range(6))
def test_npy_of_every_protocol_of_pickle(protocol, tmp_path, rng):
    arrays = some_arrays(rng)
    arrays["turned"] = np.asfortranarray(rng.normal(size=(3, 4)))
    arrays["big_endian"] = rng.normal(size=3).astype(">f4")
    arrays["bool"] = np.array([True, False])
    arrays["scalar"] = np.asarray(np.float32(0.1))
    writers.write_npy(tmp_path / "w.npy", arrays, protocol)
    arrays["big_endian"] = arrays["big_endian"].astype("<f4")
    assert_same(read_arrays(tmp_path / "w.npy"), arrays)


def test_npy_of_python_2_with_words_for_bytes(tmp_path):
    numbers = np.arange(-3, 3, dtype="float32").reshape(2, 3)
    array = call("numpy.core.multiarray", "_reconstruct", name("numpy", "ndarray"), (0,), b"b")
    dtype = call("numpy", "dtype", b"f4", 0, 1).code
    dtype += writers.pickled((3, b"<", None, None, None, -1, -1, 0)) + b"b"
    state = (1, (2, 3), Raw(dtype), False, numbers.tobytes())
    array = Raw(array.code + writers.pickled(state) + b"b")
    (tmp_path / "w.npy").write_bytes(writers.whole({b"conv1": {b"weights": array}}))
    assert_same(read_arrays(tmp_path / "w.npy"), {"conv1/weights": numbers})


@pytest.mark.parametrize("dtype", ["<f4", ">f8", "|u1", "|b1"])
def test_npy_of_one_array(dtype, tmp_path):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    np.save(tmp_path / "w.npy", array)
    np.testing.assert_array_equal(read_arrays(tmp_path / "w.npy")["array"], array)


def test_numpys_numbers_are_arrays_and_pythons_are_passed_over(tmp_path):
    tree = {"rate": np.float64(0.5), "epoch": 3, "name": "net", "none": None, "list": [1, 2]}
    (tmp_path / "w.pkl").write_bytes(pickle.dumps(tree, 4))
    assert_same(read_arrays(tmp_path / "w.pkl"), {"rate": np.array(0.5)})


def test_h5_of_a_whole_model_is_read_without_its_optimizer(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["model_weights/conv/conv/kernel:0"] = np.ones((2, 2), "float32")
        file["optimizer_weights/conv/m:0"] = np.zeros(2)
    assert list(read_arrays(tmp_path / "w.h5")) == ["conv/conv/kernel:0"]


def test_a_checkpoint_is_named_by_any_of_its_parts_and_read_without_optimizer(tmp_path):
    names = ("fc1/fc_bias", "wavenet/dilated_stack/layer0/Variable_1", "Adam/kernel")
    slots = ("fc1/fc_bias/Adam", "fc1/fc_bias/Adam_1", "fc1/fc_bias/Momentum")
    counters = ("global_step", "beta1_power", "beta2_power", "optimizer/beta1_power_1")
    arrays = {key: np.full(2, i, "float32") for i, key in enumerate((*names, *slots, *counters))}
    writers.write_checkpoint(tmp_path / "model.ckpt-100.index", arrays)
    for part in ("", ".index", ".data-00000-of-00001"):
        found = read_arrays(tmp_path / f"model.ckpt-100{part}")
        assert_same(found, {key: arrays[key] for key in names})


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        (
            "w.npz",
            b"not weights",
            r"Expected weights as .npz, .npy, .pth.* it begins with b'not we",
        ),
        ("w.pth", b"", "it ends too soon"),
        ("w.bin", b"", "it is empty"),
        ("w.t7", b"4\n1\n3\nV 1\n", "unknown kind"),
        ("w.h5", b"\x89HDF\r\n\x1a\n", "no complete HDF5 file"),
        ("w.index", b"index", "no complete TensorFlow checkpoint"),
    ],
)
def test_what_is_none_of_them_is_told(file, content, message, tmp_path):
    (tmp_path / file).write_bytes(content)
    with pytest.raises(InputError, match=message) as raised:
        read_arrays(tmp_path / file)
    assert file in str(raised.value)


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    for path in (tmp_path / "gone.pth", tmp_path):
        with pytest.raises(InputError, match=re.escape(str(path))):
            read_arrays(path)
    assert not pathlib.Path(tmp_path / "gone.pth").exists()
