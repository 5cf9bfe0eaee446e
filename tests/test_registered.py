"""The table of classes that Keras finds by name: complete, right, and enough for a new process."""

import ast
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest

from keras_sounddream import applications, registered

PACKAGE = pathlib.Path(registered.__file__).parent
DECORATOR = "keras.saving.register_keras_serializable"


def decorated(path):
    """Classes of a file that carry the decorator, with the package that they name."""
    for node in ast.walk(ast.parse(path.read_text())):
        for call in getattr(node, "decorator_list", []):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(
                "register_keras_serializable"
            ):
                yield node.name, ast.unparse(call)


def in_source():
    """The table as the source says it, and the text of every decorator."""
    table, calls = [], []
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        for name, call in decorated(path):
            table.append((name, module.removesuffix(".__init__")))
            calls.append(call)
    return table, calls


def test_the_table_is_what_the_source_registers():
    table, calls = in_source()
    assert len(table) == len(dict(table)), "two classes of one name"
    assert dict(table) == registered.CLASSES
    assert set(calls) == {f"{DECORATOR}(package='keras_sounddream')"}


def test_the_search_finds_a_class_and_only_those(tmp_path):
    source = f"@{DECORATOR}(package='x')\nclass A: pass\n\n@other\nclass B: pass\n\nclass C: pass\n"
    (tmp_path / "a.py").write_text(source)
    assert [name for name, _ in decorated(tmp_path / "a.py")] == ["A"]


@pytest.mark.parametrize("name", sorted(registered.CLASSES))
def test_keras_has_a_class_or_its_stand_in_for_each_name(name):
    known = keras.saving.get_custom_objects()[f"keras_sounddream>{name}"]
    assert known.__name__ == name
    assert callable(known.from_config)


LOAD = """
import sys
import numpy as np
import keras_sounddream, keras
model = keras.models.load_model(sys.argv[1])
np.save(sys.argv[2], model(np.load(sys.argv[3])))
print(type(model).__name__, model.sample_rate, model.lengths["min_seconds"], model.labels)
"""


def build_log_mel():
    model = applications.LogMelCNN(
        weights=None, input_shape=(4800,), classes=2, labels=["dog", "rain"]
    )
    return model, "AudioModel 24000 0.1 ('dog', 'rain')"


def build_wavenet():
    model = applications.WaveNet(
        dilations=(1, 2), skip_channels=5, classes=8, sample_rate=1000, residual_channels=3
    )
    return model, "WaveNetModel 1000 0.005 None"


@pytest.mark.parametrize("build", [build_log_mel, build_wavenet])
def test_a_saved_model_loads_in_a_new_process_that_imports_the_package_alone(build, tmp_path):
    model, description = build()
    waveform = np.random.default_rng(0).normal(0, 0.1, (1, 4800)).astype("float32")
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "in.npy", waveform)
    (tmp_path / "load.py").write_text(LOAD)
    names = ("load.py", "model.keras", "out.npy", "in.npy")
    command = [sys.executable, *(str(tmp_path / name) for name in names)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.strip().splitlines()[-1] == description
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), model(waveform), atol=1e-5)
