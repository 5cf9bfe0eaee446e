"""Public names of every package, and former import paths: all lead where they promise."""

import ast
import importlib
import sys
import types

import pytest
from source_tree import MODULES, PACKAGES, parse

from keras_sounddream.lazy import attach
from keras_sounddream.moved import MOVED, RENAMED

LAZY = [name for name in PACKAGES if "attach(" in MODULES[name].read_text(encoding="utf-8")]
EAGER = {"keras_sounddream.cli"}
HOUSE = "keras_sounddream."


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of three modules that is loaded lazily."""
    folder = tmp_path / "lazy_package"
    (folder / "rooms").mkdir(parents=True)
    (folder / "tools.py").write_text("def hammer(): return 'bang'")
    (folder / "rooms" / "__init__.py").write_text("")
    (folder / "rooms" / "cellar.py").write_text("wine = 'red'")
    (folder / "__init__.py").write_text(
        "from keras_sounddream.lazy import attach\n"
        "__getattr__, __dir__, __all__ = attach(__name__, {'rooms': '', 'hammer': 'tools', "
        "'wine': 'rooms.cellar', 'InputError': 'keras_sounddream.errors', 'lost': 'tools'})"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("lazy_package")
    for name in [name for name in sys.modules if name.startswith("lazy_package")]:
        del sys.modules[name]


def test_importing_a_lazy_package_imports_none_of_its_modules(package):
    assert not [name for name in sys.modules if name.startswith("lazy_package.")]
    assert package.hammer() == "bang"
    assert "lazy_package.tools" in sys.modules
    assert "lazy_package.rooms" not in sys.modules


def test_a_lazy_name_is_looked_up_once(package):
    assert "wine" not in vars(package)
    assert package.wine == "red"
    assert vars(package)["wine"] == "red"


def test_a_lazy_name_may_be_a_module_or_come_from_elsewhere(package):
    from keras_sounddream import errors

    assert isinstance(package.rooms, types.ModuleType)
    assert package.InputError is errors.InputError


def test_names_of_a_lazy_package_are_listed_in_order(package):
    assert dir(package) == ["InputError", "hammer", "lost", "rooms", "wine"]
    assert package.__all__ == dir(package)


@pytest.mark.parametrize(("name", "message"), [("nothing", "'lazy_package' has no"), ("lost", "")])
def test_an_unknown_name_is_an_attribute_error(package, name, message):
    with pytest.raises(AttributeError, match=f"{message} attribute '{name}'"):
        getattr(package, name)


def test_attach_gives_what_a_package_binds():
    get_attribute, list_names, names = attach("keras_sounddream.audio", {"io": ""})
    assert get_attribute("io") is importlib.import_module("keras_sounddream.audio.io")
    assert list_names() == names == ["io"]


def test_every_package_is_lazy_or_known_not_to_be():
    assert set(PACKAGES) - set(LAZY) == EAGER


def submodules(package):
    start = f"{package}."
    return {name.removeprefix(start) for name in MODULES if name.startswith(start)}


@pytest.mark.parametrize("name", LAZY)
def test_a_packages_names_are_listed_and_resolve(name):
    package = importlib.import_module(name)
    assert sorted(dir(package)) == sorted(package.__all__)
    assert len(set(package.__all__)) == len(package.__all__)
    for public in package.__all__:
        assert getattr(package, public) is not None, public


def homes(tree):
    """Name → home of the dictionary that an `__init__` gives to `attach`."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    (call,) = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "attach"]
    return ast.literal_eval(call.args[1])


@pytest.mark.parametrize("name", LAZY)
def test_no_name_is_a_submodules_that_means_something_else(name):
    """Importing the submodule would bind it in place of what `__all__` promises."""
    table = homes(parse(MODULES[name]))
    modules = {public for public, home in table.items() if not home}
    assert modules <= submodules(name)
    assert (set(table) - modules) & submodules(name) == set()


@pytest.mark.parametrize("name", LAZY)
def test_names_do_not_depend_on_the_order_of_imports(name):
    package = importlib.import_module(name)
    for public, home in homes(parse(MODULES[name])).items():
        where = home if home.startswith(HOUSE) else f"{name}.{home or public}"
        module = importlib.import_module(where)  # binds the submodule in its package
        expected = getattr(module, public) if home else module
        assert getattr(package, public) is expected, public


def import_former(name):
    """Imports a former path afresh: the module."""
    sys.modules.pop(HOUSE + name, None)
    with pytest.warns(DeprecationWarning, match=rf"{HOUSE}{name} is {HOUSE}{MOVED[name][0]} now"):
        return importlib.import_module(HOUSE + name)


@pytest.mark.parametrize("former", MOVED)
def test_former_paths_give_the_same_objects(former):
    module = import_former(former)
    old_names = {new: old for old, new in RENAMED.items()}
    for home in map(importlib.import_module, (HOUSE + home for home in MOVED[former])):
        public = getattr(home, "__all__", None) or [
            name
            for name, value in vars(home).items()
            if not name.startswith("_") and getattr(value, "__module__", "") == home.__name__
        ]
        assert public
        for name in public:
            assert getattr(module, name) is getattr(home, name)
            assert getattr(module, old_names.get(name, name)) is getattr(home, name)


@pytest.mark.parametrize("former", MOVED)
def test_former_paths_are_no_modules_of_today(former):
    assert HOUSE + former not in MODULES
    assert {HOUSE + home for home in MOVED[former]} <= set(MODULES)


def test_former_paths_refuse_names_that_never_were():
    module = import_former("deepdream.photo")
    with pytest.raises(AttributeError, match=r"module 'keras_sounddream.deepdream.photo' has no"):
        _ = module.nothing


@pytest.mark.parametrize("name", ["nothing", "deepdream.nothing", "data.nothing"])
def test_paths_that_never_were_are_not_found(name):
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(HOUSE + name)
