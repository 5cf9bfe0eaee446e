"""The arrows between packages: `a: b` means that a may import b."""

import ast
import pathlib
import subprocess
import sys

import pytest

PACKAGE = pathlib.Path(__file__).parents[1] / "keras_sounddream"

MAY_IMPORT = {
    "errors": set(),
    "files": {"errors"},
    "audio": {"errors", "files"},
    "convert": {"errors", "files"},
    "applications": {"audio", "convert", "errors", "files"},
    "deepdream": {"audio", "errors", "files", "reports"},
    "reports": {"audio", "errors", "files"},
    "sonification": {"audio", "deepdream", "errors", "files", "reports"},
    "generation": {"applications", "audio", "errors", "files"},
    "export": {"audio", "deepdream", "errors", "files", "generation"},
    # of export, generation and sonification, what tests/lite proves free of Keras
    "lite": {"audio", "errors", "export", "files", "generation", "sonification"},
    "training": {"applications", "audio", "deepdream", "errors", "files", "generation"},
    "batch": {"applications", "audio", "deepdream", "errors", "export", "files"},
    "data": {"audio", "errors", "files", "reports", "training"},
    "cli": {
        "applications",
        "audio",
        "batch",
        "convert",
        "data",
        "deepdream",
        "errors",
        "export",
        "files",
        "generation",
        "reports",
        "sonification",
        "training",
    },
}
MAY_IMPORT_TENSORFLOW = {
    "deepdream",
    "export",
    "generation",
    "training",
    "audio.tfio",
    "convert.checkpoint",
}


def imports(path):
    """Names of the modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_follow_the_arrows(package):
    files = [PACKAGE / f"{package}.py"] if (PACKAGE / f"{package}.py").exists() else []
    files += (PACKAGE / package).rglob("*.py")
    assert files
    for path in files:
        for name in imports(path):
            parts = name.split(".")
            if parts[0] == "keras_sounddream" and parts[1:2] and parts[1] in MAY_IMPORT:
                assert parts[1] in MAY_IMPORT[package] | {package}, f"{path.name} imports {name}"
            if parts[0] == "tensorflow":
                here = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
                assert {package, here} & MAY_IMPORT_TENSORFLOW, f"{path.name} imports tensorflow"


def test_builders_use_what_reads_and_dreams_and_no_command():
    used = {"applications", "audio", "deepdream", "errors", "training"}
    for path in (PACKAGE.parent / "tfds_builders").rglob("*.py"):
        for name in imports(path):
            parts = name.split(".")
            assert parts[0] not in ("tensorflow", "keras") or path.stem in ("folds", "dreaming")
            if parts[0] == "keras_sounddream" and len(parts) > 2:
                assert parts[1] in used, f"{path.name} imports {name}"


def test_the_table_holds_every_package():
    found = {p.stem for p in PACKAGE.glob("*.py")} | {p.parent.name for p in PACKAGE.glob("*/*.py")}
    assert found - {"__init__"} - {PACKAGE.name} == set(MAY_IMPORT)


@pytest.mark.parametrize(
    "code",
    [
        "import keras_sounddream",
        "import keras_sounddream.audio.io",
        "from keras_sounddream.export import metadata, packing, sounds",
        "import keras_sounddream.lite.cli",
        "from keras_sounddream.reports import animation, dream, gallery, page, spectrogram",
        "from keras_sounddream.cli.main import main; main(['--help'])",
        "from keras_sounddream.cli.main import main; main(['dream', '--help'])",
        "from keras_sounddream.cli.main import main; main(['gallery', '--help'])",
        "from keras_sounddream.cli.main import main; main(['convert', '--help'])",
        "from keras_sounddream.cli.main import main; main(['probe', '--help'])",
        "from keras_sounddream.cli.main import main; main(['finetune', '--help'])",
        "from keras_sounddream.cli.main import main; main(['sonify', '--help'])",
        "from keras_sounddream.cli.main import main; main(['log', '--help'])",
        "from keras_sounddream.cli.main import main; main(['batch', 'dream', '--help'])",
        "from keras_sounddream.cli.main import main; main(['data', 'check', '--help'])",
        "from keras_sounddream.sonification import formula, voices, sonify_activations",
        "from keras_sounddream.convert import h5, npy, npz, pth, t7",
        "from keras_sounddream.generation import numbers",
    ],
)
def test_quick_imports_leave_tensorflow_and_keras_alone(code):
    heavy = {"tensorflow", "keras", "matplotlib", "apache_beam"}
    code += f"; import sys; assert not {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_every_public_name_is_there():
    import keras_sounddream

    for name in keras_sounddream.__all__:
        assert getattr(keras_sounddream, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = keras_sounddream.nothing
