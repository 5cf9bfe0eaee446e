"""The arrows between packages: `a: b` means that a may import b."""

import ast
import pathlib
import subprocess
import sys

import pytest

PACKAGE = pathlib.Path(__file__).parents[1] / "keras_sounddream"

# every package may import these
BASE = {
    *("backend", "checks", "digests", "errors", "files", "lazy", "leftovers", "locks", "processor"),
    *("progress", "types"),
}
MAY_IMPORT = {
    # single modules
    "backend": {"errors"},
    "checks": {"errors"},
    "digests": {"types"},
    "errors": set(),
    "files": {"errors", "leftovers", "types"},
    "lazy": set(),
    "leftovers": set(),
    "locks": {"errors", "leftovers", "types"},
    "moved": set(),
    "processor": {"errors", "files"},
    "progress": set(),
    "registered": {"backend"},
    "types": set(),
    # arrays
    "audio": BASE,
    "images": BASE,
    "convert": BASE,
    "display": BASE | {"audio"},
    "applications": BASE | {"audio", "convert", "display", "images"},
    "deepdream": BASE | {"audio", "display", "images"},
    "filters": BASE | {"applications", "audio", "images"},
    "generation": BASE | {"applications", "audio"},
    "sonification": BASE | {"audio", "deepdream"},
    "export": BASE | {"audio", "deepdream", "filters", "generation", "images"},
    "reports": BASE | {"audio", "display"},
    # of export, generation and sonification, the modules that tests/lite proves free of Keras
    "lite": BASE | {"audio", "export", "generation", "sonification"},
    # files and recipes
    "datasets": BASE | {"applications", "audio", "images"},
    "training": BASE
    | {"applications", "audio", "datasets", "deepdream", "filters", "generation", "images"},
    "workflows": BASE
    | {"applications", "audio", "datasets", "deepdream", "filters", "generation", "images"}
    | {"reports"}
    | {"sonification"},
    "batch": BASE | {"applications", "audio", "deepdream", "export", "images", "workflows"},
    "web": BASE | {"applications", "audio", "deepdream", "export", "filters", "workflows"},
    # the command line
    "cli": BASE
    | {"applications", "audio", "batch", "convert", "datasets", "deepdream", "export", "filters"}
    | {"generation", "images", "lite", "reports", "sonification", "training", "web", "workflows"},
}
ONLY_THERE = {"datasets.inspection": {"reports"}}  # arrows of a part of a package
MAY_IMPORT_TENSORFLOW = {
    "deepdream",
    "export",
    "generation",
    "processor",
    "training",
    "audio.tfio",
    "convert.checkpoint",
    "datasets.tfds",
    "web.server.given",
    "web.steering",
}


def imports(path):
    """Names of the modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def targets(path):
    """Modules and packages directly inside `keras_sounddream` that a file imports."""
    for name in imports(path):
        root, *inside = name.split(".")
        if root == "keras_sounddream" and inside and inside[0] in MAY_IMPORT:
            yield inside[0]


def place(path):
    """A file's module name inside the package, such as `audio.io`."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def modules(package):
    """The files of a package, or the single module of that name."""
    single = PACKAGE / f"{package}.py"
    return [single] if single.exists() else sorted((PACKAGE / package).rglob("*.py"))


def within(module, parts):
    """The one of `parts` that a module is in, or is; or `None`."""
    return next((part for part in parts if f"{module}.".startswith(f"{part}.")), None)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_follow_the_arrows(package):
    assert modules(package)
    for path in modules(package):
        extra = ONLY_THERE.get(within(place(path), ONLY_THERE), set())
        for target in targets(path):
            assert target in MAY_IMPORT[package] | extra | {package}, f"{path} imports {target}"


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_tensorflow_is_imported_where_the_table_says(package):
    for path in modules(package):
        if any(name.split(".")[0] == "tensorflow" for name in imports(path)):
            assert within(place(path), MAY_IMPORT_TENSORFLOW), f"{path} imports tensorflow"


def test_the_arrows_form_no_ring():
    rest = {package: set(may) for package, may in MAY_IMPORT.items()}
    while rest:
        free = [package for package, may in rest.items() if not may & set(rest)]
        assert free, f"a ring among {sorted(rest)}"
        for package in free:
            del rest[package]


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("datasets", {"training", "deepdream", "cli", "workflows"}),
        ("deepdream", {"reports", "applications", "datasets", "training"}),
        ("training", {"workflows", "cli", "batch", "reports"}),
        ("sonification", {"workflows", "reports"}),
    ],
)
def test_arrows_that_must_not_come_back(package, forbidden):
    assert not forbidden & MAY_IMPORT[package]
    for path in modules(package):
        assert not forbidden & set(targets(path)), path


@pytest.mark.parametrize("package", sorted({path.parent for path in PACKAGE.rglob("*.py")}))
def test_no_module_has_the_name_of_an_attribute_of_its_package(package):
    """Otherwise the order of imports would decide what the name is."""
    for node in ast.walk(ast.parse((package / "__init__.py").read_text())):
        if isinstance(node, ast.Dict):
            homes = {
                key.value: value.value for key, value in zip(node.keys, node.values, strict=True)
            }
            for name, home in homes.items():
                is_module = (package / f"{name}.py").exists() or (package / name).is_dir()
                assert is_module == (home == ""), f"{package.name}.{name}"


def test_builders_use_what_reads_and_dreams_and_no_command():
    used = {"checks", "errors", "files", "types"}
    used |= {"applications", "audio", "datasets", "deepdream", "images", "workflows"}
    for path in (PACKAGE.parent / "tfds_builders").rglob("*.py"):
        for name in imports(path):
            parts = name.split(".")
            assert parts[0] not in ("tensorflow", "keras") or path.stem == "folds"
            if parts[0] == "keras_sounddream" and parts[1] != "DeepDream":
                assert parts[1] in used, f"{path.name} imports {name}"


def test_only_one_module_loads_the_builders():
    importers = [
        place(path)
        for path in PACKAGE.rglob("*.py")
        if 'import_module("tfds_builders")' in path.read_text()
        or any(name.split(".")[0] == "tfds_builders" for name in imports(path))
    ]
    assert importers == ["datasets.tfds.builders"]


def test_the_table_holds_every_package():
    names = {p.stem for p in PACKAGE.glob("*.py")} | {p.parent.name for p in PACKAGE.glob("*/*.py")}
    assert names - {"__init__"} - {PACKAGE.name} == set(MAY_IMPORT)


@pytest.mark.parametrize(
    "code",
    [
        "import keras_sounddream",
        "import keras_sounddream.audio.io",
        "from keras_sounddream.export import metadata, reference_sounds",
        "from keras_sounddream.export.litert import packing",
        "import keras_sounddream.lite.cli",
        "from keras_sounddream.reports.dream import animation, figure, gallery, page",
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
        "from keras_sounddream.sonification import inverse_fft, parameter_map, sonify_activations",
        "from keras_sounddream.convert import h5, npy, npz, pth, t7",
        "from keras_sounddream.generation import random_numbers",
        "import keras_sounddream.audio.spectrogram_image",
        "from keras_sounddream import batch, checks, datasets, images, types, workflows",
        "from keras_sounddream.batch import jobs, outputs, tables",
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
