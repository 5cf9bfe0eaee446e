"""The arrows between packages: `a: b` means that a may import b."""

import ast
import pathlib
import subprocess
import sys

import pytest

PACKAGE = pathlib.Path(__file__).parents[1] / "keras_sounddream"

SHARED = {"checks", "errors", "files", "lazy", "types"}  # below all others
MAY_IMPORT = {
    # arrays
    "audio": set(),
    "images": set(),
    "convert": set(),
    "applications": {"audio", "convert"},
    "deepdream": {"audio"},
    "generation": {"applications", "audio"},
    "reports": {"audio"},
    "sonification": {"audio", "deepdream"},
    "export": {"audio", "deepdream", "generation", "images"},
    # of export, generation and sonification, what tests/lite proves free of Keras
    "lite": {"audio", "export", "generation", "sonification"},
    # files and recipes
    "datasets": {"applications", "audio", "reports"},
    "training": {"applications", "audio", "datasets", "deepdream", "generation"},
    "workflows": {"applications", "audio", "deepdream", "images", "reports", "sonification"},
    "batch": {"applications", "audio", "deepdream", "export", "images", "workflows"},
    # the command line
    "cli": {
        "applications",
        "audio",
        "batch",
        "convert",
        "datasets",
        "deepdream",
        "export",
        "generate",
        "generation",
        "images",
        "reports",
        "sonification",
        "training",
        "workflows",
    },
}
SHARED_MAY_IMPORT = {"errors": set(), "lazy": set(), "types": set()}  # the others: any of SHARED
MAY_IMPORT_TENSORFLOW = {
    "deepdream",
    "export",
    "generation",
    "training",
    "audio.tfio",
    "convert.checkpoint",
    "datasets.tfds.pipeline",
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
    files = list((PACKAGE / package).rglob("*.py"))
    allowed = MAY_IMPORT[package] | SHARED | {package}
    assert files
    for path in files:
        for name in imports(path):
            parts = name.split(".")
            if parts[0] == "keras_sounddream" and parts[1:2]:
                assert parts[1] in allowed, f"{path.name} imports {name}"
            if parts[0] == "tensorflow":
                here = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
                assert {package, here} & MAY_IMPORT_TENSORFLOW, f"{path.name} imports tensorflow"


@pytest.mark.parametrize("module", sorted(SHARED))
def test_shared_modules_import_at_most_one_another(module):
    for name in imports(PACKAGE / f"{module}.py"):
        parts = name.split(".")
        assert parts[0] not in ("tensorflow", "keras")
        if parts[0] == "keras_sounddream":
            assert parts[1] in SHARED_MAY_IMPORT.get(module, SHARED), name


def test_builders_use_what_reads_and_dreams_and_no_command():
    used = {"applications", "audio", "datasets", "deepdream", "images", "training"}
    used |= {"workflows"} | SHARED
    for path in (PACKAGE.parent / "tfds_builders").rglob("*.py"):
        for name in imports(path):
            parts = name.split(".")
            assert parts[0] not in ("tensorflow", "keras") or path.stem in ("folds", "dreaming")
            if parts[0] == "keras_sounddream" and len(parts) > 2:
                assert parts[1] in used, f"{path.name} imports {name}"


def test_the_table_holds_every_package():
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages == set(MAY_IMPORT)
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert modules == SHARED | {"moved", "registered"}


QUICK = [
    "import keras_sounddream",
    "import keras_sounddream.audio.io",
    "import keras_sounddream.deepdream, keras_sounddream.deepdream.settings",
    "from keras_sounddream.export import metadata",
    "from keras_sounddream.export.litert import packing",
    "import keras_sounddream.lite.cli",
    "from keras_sounddream.reports.dream import animation, figure, gallery, page",
    "from keras_sounddream.audio import spectrogram_image",
    "from keras_sounddream.sonification import inverse_fft, parameter_map, sonify_activations",
    "from keras_sounddream.convert import h5, npy, npz, pth, t7",
    "from keras_sounddream.generation import random_numbers",
    *[
        f"main({command.split()})"
        for command in (
            "--help",
            "dream --help",
            "gallery --help",
            "convert --help",
            "probe --help",
            "finetune --help",
            "sonify --help",
            "log --help",
            "batch dream --help",
            "data check --help",
        )
    ],
]
HEAVY = {"tensorflow", "keras", "matplotlib", "apache_beam"}


def test_quick_imports_leave_tensorflow_and_keras_alone():
    """In one process, one after the other: each is named that brings a heavy package."""
    code = f"""
import sys
from keras_sounddream.cli.main import main
for code in {QUICK}:
    exec(code)
    heavy = {HEAVY} & set(sys.modules)
    assert not heavy, f"{{code}} imports {{heavy}}"
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_every_public_name_is_there():
    import keras_sounddream

    for name in keras_sounddream.__all__:
        assert getattr(keras_sounddream, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = keras_sounddream.nothing
