"""What `setup.py` installs: every package, all that the lite one imports, all that is required."""

import ast
import importlib
import re
import runpy
import sys

import pytest
import setuptools
from source_tree import FILES, MODULES, PACKAGE, PACKAGES, parse

LITE = "keras_sounddream.lite"
NAMES = {  # of distributions whose modules are called otherwise
    "ai_edge_litert": "ai-edge-litert",
    "apache_beam": "apache-beam",
    "cv2": "opencv-python-headless",
    "imageio_ffmpeg": "imageio-ffmpeg",
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "tensorflow_datasets": "tensorflow-datasets",
    "tensorflow_io": "tensorflow-io",
    "tensorflow_serving": "tensorflow-serving-api",
}
BROUGHT = {  # by a package that is required
    "absl": "tensorflow",
    "anyio": "starlette",
    "flatbuffers": "tensorflow",
    "grpc": "tensorflow-serving-api",
    "google": "tensorflow",
    "threadpoolctl": "scikit-learn",
}


@pytest.fixture
def settings(monkeypatch):
    """Function from a distribution's name to what `setup` is called with."""

    def read(distribution):
        calls = []
        monkeypatch.setattr(setuptools, "setup", lambda **settings: calls.append(settings))
        monkeypatch.setenv("SOUNDDREAM_DISTRIBUTION", distribution)
        monkeypatch.chdir(PACKAGE.parent)
        runpy.run_path("setup.py")
        return calls[0]

    return read


def imported(path):
    """Whole names of what a file imports, wherever in it, by absolute imports."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reached(start):
    """Modules of the package that some modules need, packages around them included."""
    needed, ahead = set(), list(start)
    while ahead:
        name = ahead.pop()
        if name in MODULES and name not in needed:
            needed.add(name)
            ahead += [name.rpartition(".")[0], *imported(MODULES[name])]
    return needed


def test_lite_has_every_module_that_it_imports_and_no_other(settings):
    modules = {n.removesuffix(".__init__") for n in settings("lite")["py_modules"]}
    needed = reached(name for name in MODULES if name.startswith(LITE))
    assert modules >= {name for name in needed if not name.startswith(LITE)}
    assert modules <= needed | {"keras_sounddream.types", "keras_sounddream.checks"}


def test_every_package_is_installed(settings):
    assert set(settings("whole")["packages"]) >= set(PACKAGES)


def test_types_and_data_are_installed(settings):
    patterns = settings("whole")["package_data"]
    assert "py.typed" in patterns["keras_sounddream"]
    for package, globs in patterns.items():
        if package in MODULES:
            assert all(list(MODULES[package].parent.glob(pattern)) for pattern in globs), package


def distributions(requirements):
    return {re.split(r"[\[<>=!~; ]", requirement)[0] for requirement in requirements}


def test_every_import_is_required_or_in_an_extra(settings):
    whole = settings("whole")
    known = distributions(whole["install_requires"])
    known |= distributions(r for extra in whole["extras_require"].values() for r in extra)
    names = {name.split(".")[0] for path in FILES for name in imported(path)}
    names -= {"keras_sounddream", "tfds_builders", *sys.stdlib_module_names}
    assert {n for n in names if BROUGHT.get(n, NAMES.get(n, n)) not in known} == set()


def test_what_brings_a_package_is_still_needed():
    names = {name.split(".")[0] for path in FILES for name in imported(path)}
    assert set(BROUGHT) - names <= {"google"}


@pytest.mark.parametrize("distribution", ["whole", "lite"])
def test_commands_lead_to_functions(settings, distribution):
    for command in settings(distribution)["entry_points"]["console_scripts"]:
        name, function = command.split(" = ")[1].split(":")
        assert name in MODULES
        assert callable(getattr(importlib.import_module(name), function))
