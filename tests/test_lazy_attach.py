"""Packages that import a name on first use, and the errors of one line."""

import subprocess
import sys
import types

import pytest

import keras_sounddream
from keras_sounddream import errors
from keras_sounddream.lazy import attach

PACKAGES = ("", "applications", "audio", "convert", "datasets", "images", "lite")


@pytest.fixture
def package(monkeypatch):
    """A package with one module, `colours`, and lazy names."""
    package, module = types.ModuleType("lazy_test"), types.ModuleType("lazy_test.colours")
    module.red = "ff0000"
    homes = {"red": "colours", "blue": "colours", "colours": "", "InputError": "errors"}
    homes["InputError"] = "keras_sounddream.errors"
    package.__getattr__, package.__dir__, package.__all__ = attach("lazy_test", homes)
    monkeypatch.setitem(sys.modules, "lazy_test", package)
    monkeypatch.setitem(sys.modules, "lazy_test.colours", module)
    return package


def test_a_name_is_imported_on_first_use_and_kept(package):
    assert "red" not in vars(package)
    assert package.red == "ff0000"
    assert vars(package)["red"] == "ff0000"


def test_a_name_may_come_from_elsewhere_or_be_a_submodule(package):
    assert package.InputError is errors.InputError
    assert package.colours is sys.modules["lazy_test.colours"]


def test_names_are_listed_before_they_are_imported(package):
    assert package.__all__ == ["InputError", "blue", "colours", "red"]
    assert dir(package) == ["InputError", "blue", "colours", "red"]
    assert vars(package).keys().isdisjoint(package.__all__)


@pytest.mark.parametrize("name", ["green", "__path__", "_red", ""])
def test_an_unknown_name_is_an_attribute_error(package, name):
    with pytest.raises(AttributeError, match=f"module 'lazy_test' has no attribute '{name}'"):
        getattr(package, name)


def test_a_name_that_its_module_lacks_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match="blue"):
        package.blue  # noqa: B018


@pytest.mark.parametrize("name", PACKAGES)
def test_every_public_name_is_there(name):
    package = getattr(keras_sounddream, name) if name else keras_sounddream
    assert package.__all__
    assert len(set(package.__all__)) == len(package.__all__)
    for public in package.__all__:
        assert getattr(package, public) is not None, public
    assert set(package.__all__) <= set(dir(package))


@pytest.mark.parametrize("name", ["audio", "lite"])
def test_importing_a_package_imports_neither_tensorflow_nor_keras(name):
    code = f"import sys, keras_sounddream.{name}; print(sorted(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"'keras_sounddream.{name}'" in run.stdout
    for heavy in ("tensorflow", "keras", "matplotlib"):
        assert f"'{heavy}'" not in run.stdout


def test_a_missing_package_is_an_input_error_and_an_import_error():
    error = errors.MissingPackageError("av", "Reading videos", "video")
    assert isinstance(error, errors.InputError)
    assert isinstance(error, ImportError)
    assert str(error) == (
        "Reading videos needs the package av. Install it: pip install 'keras-sounddream[video]'"
    )


@pytest.mark.parametrize("kind", [errors.InputError, errors.ExportError])
def test_bad_input_is_a_value_error_of_one_line(kind):
    assert issubclass(kind, ValueError)
    assert str(kind("what came")) == "what came"


def test_an_input_error_passes_through_a_traced_graph_as_it_is():
    import tensorflow as tf

    @tf.function
    def traced(value):
        raise errors.InputError("what came")

    with pytest.raises(errors.InputError, match="what came"):
        traced(tf.constant(1))
