"""Damaged, foreign and hostile files of Keras's: each is a line with its name, and runs nothing."""

import contextlib
import io
import json
import pathlib
import re
import warnings
import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras.src.saving import serialization_lib

from keras_sounddream import InputError
from keras_sounddream.applications import keras_files, registry
from keras_sounddream.applications import weights as weight_files
from keras_sounddream.cli.main import main

CONFIG, WEIGHTS = "config.json", "model.weights.h5"


@pytest.fixture(scope="module")
def small():
    inputs = keras.Input((3,))
    return keras.Model(inputs, keras.layers.Dense(4, name="dense")(inputs), name="small")


@pytest.fixture(scope="module")
def whole(small, tmp_path_factory):
    """Bytes of a `.keras` file."""
    path = tmp_path_factory.mktemp("keras") / "small.keras"
    small.save(path)
    return path.read_bytes()


def members(whole):
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(contents, compression=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in contents.items() if isinstance(contents, dict) else contents:
            archive.writestr(name, content)
    return file.getvalue()


def flip(share):
    def change(whole):
        place = int(share * (len(whole) - 1))
        return whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]

    return change


def cut(share):
    return lambda whole: whole[: int(share * len(whole))]


def put(name, content, **options):
    """A change: one member's content, or its content's change; `None` leaves it out."""

    def change(whole):
        made = members(whole)
        made[name] = content(made[name]) if callable(content) else content
        kept = {key: value for key, value in made.items() if value is not None}
        return packed(kept, **options)

    return change


def layers(*made):
    """A change: other layers in the model's configuration."""

    def edit(text):
        config = json.loads(text)
        config["config"]["layers"] += made
        return json.dumps(config)

    return put(CONFIG, edit)


def twice(whole):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile's, of the name
        return packed([*members(whole).items(), (CONFIG, b"{}")])


def elsewhere(content):
    """HDF5 whose data set is in another file."""
    file = io.BytesIO(content)
    with h5py.File(file, "r+") as group:
        del group["layers/dense/vars/0"]
        group["layers/dense/vars/0"] = h5py.ExternalLink("/etc/passwd", "/")
    return file.getvalue()


def without(name):
    """A change of HDF5: a group or data set less."""

    def change(content):
        file = io.BytesIO(content)
        with h5py.File(file, "r+") as group:
            del group[name]
        return file.getvalue()

    return change


def huge(content):
    """HDF5 that claims more numbers than it could hold."""
    file = io.BytesIO(content)
    with h5py.File(file, "r+") as group:
        del group["layers/dense/vars/0"]
        group.create_dataset("layers/dense/vars/0", (2**40, 4), "float32", chunks=(64, 4))
    return file.getvalue()


NOT_A_ZIP, DAMAGED = "not as a zip archive", "zip archive is broken or cut off"
DAMAGES = {
    "empty": (lambda whole: b"", NOT_A_ZIP),
    "HTML": (lambda whole: b"<!DOCTYPE html><p>Not found", "<!DOCTYP"),
    "random": (lambda whole: np.random.default_rng(0).bytes(999), NOT_A_ZIP),
    "HDF5": (lambda whole: members(whole)[WEIGHTS], NOT_A_ZIP),
    "JSON": (lambda whole: members(whole)[CONFIG], NOT_A_ZIP),
    "a zip's beginning": (lambda whole: b"PK\x03\x04", DAMAGED),
    "an empty zip": (lambda whole: packed({}), f"lacks {CONFIG}|{DAMAGED}"),
    **{f"cut at {share}": (cut(share), DAMAGED) for share in (0.01, 0.3, 0.7, 0.95, 0.999)},
    **{f"flipped at {share}": (flip(share), "") for share in (0.2, 0.4, 0.5, 0.7, 0.9)},
    "flipped at the beginning": (flip(0), NOT_A_ZIP),
    "no config": (put(CONFIG, None), f"lacks {CONFIG}"),
    "no weights": (put(WEIGHTS, None), f"lacks {WEIGHTS}"),
    "empty config": (put(CONFIG, b""), f"{CONFIG} is broken"),
    "empty weights": (put(WEIGHTS, b""), "no complete HDF5"),
    "weights cut off": (put(WEIGHTS, cut(0.5)), "no complete HDF5"),
    "weights of noise": (put(WEIGHTS, bytes(range(256)) * 9), "no complete HDF5"),
    "config twice": (twice, "two members of its archive have one name"),
    "config cut off": (put(CONFIG, cut(0.8)), f"{CONFIG} is broken"),
    "config in no text": (put(CONFIG, b"\xff\xfe\x00{"), f"{CONFIG} is broken"),
    "config of a list": (put(CONFIG, b"[]"), "describes no model"),
    "config of nothing": (put(CONFIG, b"{}"), ""),
    "config of another class": (put(CONFIG, b'{"class_name": "Dense", "config": {}}'), ""),
    "config too deep": (put(CONFIG, b"[" * 10**5 + b"]" * 10**5), "RecursionError"),
    "config deep": (put(CONFIG, b'{"a":' * 900 + b"1" + b"}" * 900), ""),
    "units below zero": (put(CONFIG, lambda c: c.replace(b'"units": 4', b'"units": -4')), ""),
    "units beyond": (
        put(CONFIG, lambda c: c.replace(b'"units": 4', b'"units": 1' + b"0" * 30)),
        "",
    ),
    "units of others": (put(CONFIG, lambda c: c.replace(b'"units": 4', b'"units": 5')), ""),
    "a way out": (put("../../evil", b"x"), "would leave its folder"),
    "an absolute path": (put("/tmp/evil", b"x"), "would leave its folder"),
    "a bomb": (put("zeros", bytes(2**27), compression=zipfile.ZIP_DEFLATED), "would unpack to"),
    "another packing": (
        put("zeros", b"", compression=zipfile.ZIP_LZMA),
        "packed in a way that is not read",
    ),
    "a layer without weights": (put(WEIGHTS, without("layers/dense")), ""),
    "a layer without a kernel": (put(WEIGHTS, without("layers/dense/vars/0")), ""),
    "no layer": (put(WEIGHTS, without("layers")), ""),
    "weights in another file": (put(WEIGHTS, elsewhere), "is in another file"),
    "weights without end": (put(WEIGHTS, huge), "would unpack to"),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_model_is_a_line_that_names_it(whole, tmp_path, kind):
    change, message = DAMAGES[kind]
    path = tmp_path / "bad.keras"
    path.write_bytes(change(whole))
    with pytest.raises(InputError, match=f"Cannot read .*bad.keras as a Keras model: .*{message}"):
        registry.load_model(str(path))


@pytest.mark.parametrize("command", ["layers", "classify", "dream", "generate"])
def test_the_command_ends_with_a_line_and_2(whole, tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("bad.keras").write_bytes(flip(0.5)(whole))
    pathlib.Path("in.wav").write_bytes(b"")
    given = {
        "layers": ["layers", "bad.keras"],
        "classify": ["classify", "in.wav", "--model", "bad.keras"],
        "dream": ["dream", "in.wav", "-o", "out.wav", "--model", "bad.keras"],
        "generate": ["generate", "--weights", "bad.keras", "-o", "out.wav"],
    }
    assert main(given[command]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("sounddream: ")


HARM = {
    "a function of another module": {  # CVE-2025-1550
        **{"class_name": "function", "module": "os", "registered_name": "function"},
        "config": "system",
    },
    "Python in a Lambda": {
        **{"class_name": "Lambda", "module": "keras.layers", "registered_name": None},
        "config": {
            "name": "harm",
            "function": {
                "class_name": "__lambda__",
                "config": {"code": "4wEAAAA=", "closure": None},
            },
        },
    },
    "a call in a Lambda": {  # CVE-2025-1550, -8747
        **{"class_name": "Lambda", "module": "keras.layers", "registered_name": None},
        "config": {
            "name": "harm",
            "function": {
                **{"class_name": "function", "module": "os", "registered_name": "function"},
                "config": "system",
            },
        },
    },
    "the switch for Lambdas": {  # CVE-2025-9906
        **{"class_name": "function", "module": "keras.config", "registered_name": "function"},
        "config": "enable_unsafe_deserialization",
    },
    "a program of TensorFlow": {  # CVE-2026-1462
        **{"class_name": "TFSMLayer", "module": "keras.layers", "registered_name": None},
        "config": {"name": "harm", "filepath": "saved", "call_endpoint": "serve"},
    },
}


@pytest.mark.parametrize("kind", HARM)
def test_a_model_that_would_run_code_is_refused_and_runs_nothing(
    whole, tmp_path, monkeypatch, kind
):
    monkeypatch.chdir(tmp_path)
    calls = {  # as Keras 3.8 runs them
        "a function of another module": {"args": ["touch harm"], "kwargs": {}},
        "the switch for Lambdas": {"args": [], "kwargs": {}},
    }
    call = calls.get(kind, {"args": [], "kwargs": {"inputs": "touch harm"}})
    layer = {**HARM[kind], "name": "harm", "inbound_nodes": [call]}
    pathlib.Path("harm.keras").write_bytes(layers(layer)(whole))
    switch = serialization_lib.in_safe_mode()
    with pytest.raises(InputError, match="Cannot read harm.keras as a Keras model"):
        registry.read_model("harm.keras")
    assert [path.name for path in pathlib.Path().iterdir()] == ["harm.keras"]
    assert serialization_lib.in_safe_mode() is switch


def test_the_switch_for_lambdas_is_what_is_looked_at():
    switch = serialization_lib.in_safe_mode()
    keras.config.enable_unsafe_deserialization()
    try:
        assert serialization_lib.in_safe_mode() is False
        assert switch is not False
    finally:
        keras.src.backend.common.global_state.set_global_attribute("safe_mode_saving", switch)
    assert serialization_lib.in_safe_mode() is switch


@pytest.mark.parametrize(
    "version", ["3.0.0", "3.5.0", "3.8.0", "3.9.2", "3.11.3", "3.12.0", "3.13.0", "3.13.1", "2.15"]
)
def test_a_keras_that_runs_code_in_files_reads_none(version, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(keras, "__version__", version)
    path = tmp_path / "good.keras"
    path.write_bytes(whole)
    message = f"Keras {re.escape(version)} can be made to run code .* pip install 'keras>="
    with pytest.raises(InputError, match=message):
        registry.read_model(path)


@pytest.mark.parametrize(
    "version", ["3.12.1", "3.12.4", "3.13.2", "3.14.0", "3.15.1", "3.16.0.dev20261101", "4.0.0"]
)
def test_later_ones_do(version):
    keras_files.check_version(version)


def test_setup_requires_such_a_keras():
    setup = (pathlib.Path(__file__).parents[2] / "setup.py").read_text()
    assert '"keras>=3.12.1,!=3.13.0,!=3.13.1"' in setup


def test_a_whole_model_is_read_and_one_of_unknown_classes_says_what_to_do(whole, small, tmp_path):
    path = tmp_path / "good.keras"
    path.write_bytes(whole)
    x = np.ones((1, 3), "float32")
    np.testing.assert_array_equal(registry.read_model(path)(x), small(x))
    own = {"class_name": "Mine", "module": None, "registered_name": "mine>Mine", "config": {}}
    path.write_bytes(layers({**own, "name": "mine", "inbound_nodes": []})(whole))
    with pytest.raises(InputError, match="'Mine'.* import their module first") as caught:
        registry.read_model(path)
    assert len(str(caught.value)) < 700
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: b"", "Cannot read the weights .* no complete HDF5"),
        (lambda c: b"<!DOCTYPE html>", "Cannot read the weights .* no complete HDF5"),
        (cut(0.6), "Cannot read the weights .* no complete HDF5"),
        (elsewhere, "is in another file"),
        (huge, "would unpack to"),
    ],
)
def test_damaged_weights_are_a_line(small, tmp_path, change, message):
    path = tmp_path / "w.weights.h5"
    small.save_weights(path)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(InputError, match=message) as caught:
        weight_files.load(small, path)
    assert "\n" not in str(caught.value)


def test_weights_of_another_model_do_not_fit(small, tmp_path):
    inputs = keras.Input((3,))
    other = keras.Model(inputs, keras.layers.Dense(9, name="dense")(inputs))
    other.save_weights(tmp_path / "w.weights.h5")
    with pytest.raises(InputError, match="w.weights.h5 does not fit small: "):
        weight_files.load(small, tmp_path / "w.weights.h5")


def test_any_byte_may_be_wrong(whole, tmp_path, rng):
    path = tmp_path / "bad.keras"
    for place in rng.integers(0, len(whole), 40):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        with contextlib.suppress(InputError):  # and nothing else
            assert registry.read_model(path).name == "small"
