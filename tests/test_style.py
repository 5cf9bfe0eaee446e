"""Structure of the package: small folders, files and functions; no import cycles."""

import ast
import collections
import graphlib
import statistics

import pytest
from source_tree import FILES, MODULES, module_name, parse, relative
from tiers import SLOW, TESTS

MAX_SIBLINGS, MAX_LINES, MAX_BODY, MEDIAN_BODY = 15, 300, 45, 7
# Folders with one file per command of the command line.
ONE_FILE_A_COMMAND = {"cli/commands"}
# The settings of a dream: each documented where `help(DeepDream)` shows it, and in a table.
LONGER = {"deepdream/model.py": 400, "deepdream/settings.py": 320}


def imports(tree, modules):
    """The modules of the package that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            members = [f"{node.module}.{alias.name}" for alias in node.names]
            names = members if set(members) <= set(modules) else [node.module, *members]
        else:
            continue
        yield from (name for name in names if name in modules)


def cycle(trees):
    """A list of modules that import one another in a circle; `[]` where there is none.

    Args:
        trees: module name → parsed source.
    """
    graph = {name: set(imports(tree, trees)) - {name} for name, tree in trees.items()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def test_no_modules_import_one_another_in_a_circle():
    assert cycle({name: parse(path) for name, path in MODULES.items()}) == []


def test_folders_hold_few_files():
    counts = collections.Counter(path.parent for path in FILES if path.name != "__init__.py")
    crowded = {relative(folder): n for folder, n in counts.items() if n > MAX_SIBLINGS}
    assert {name: n for name, n in crowded.items() if name not in ONE_FILE_A_COMMAND} == {}


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_files_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGER.get(
        relative(path), MAX_LINES
    )


def body_length(function):
    """Lines of a function without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def functions(path):
    return [node for node in ast.walk(parse(path)) if isinstance(node, ast.FunctionDef)]


def test_functions_are_short():
    lengths = {
        f"{relative(path)}:{function.lineno} {function.name}": body_length(function)
        for path in FILES
        for function in functions(path)
    }
    assert {name: length for name, length in lengths.items() if length > MAX_BODY} == {}
    assert statistics.median(lengths.values()) <= MEDIAN_BODY


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_public_classes_and_functions_have_docstrings(path):
    """Methods that override Keras's need none."""
    definitions = [n for n in parse(path).body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    public = [node for node in definitions if not node.name.startswith("_")]
    assert [node.name for node in public if not ast.get_docstring(node)] == []


@pytest.mark.parametrize(
    ("sources", "length"),
    [
        ({"a": "import b", "b": "import c", "c": ""}, 0),
        ({"a": "import b", "b": "import a"}, 3),
        ({"a": "from b import c", "b": "", "b.c": "def f():\n  import a"}, 3),
        ({"a": "from b import c", "b": "import a", "b.c": ""}, 0),
        ({"a": "import a"}, 0),
    ],
)
def test_finds_circles(sources, length):
    assert len(cycle({name: ast.parse(source) for name, source in sources.items()})) == length


def test_body_length_leaves_the_docstring_out():
    function = ast.parse('def f():\n  """Two\n  lines."""\n  a = 1\n\n  return a').body[0]
    assert body_length(function) == 3


def test_module_names_are_those_of_imports():
    assert {module_name(path) for path in FILES} == set(MODULES)
    assert {"keras_sounddream", "keras_sounddream.audio", "keras_sounddream.audio.io"} <= set(
        MODULES
    )


@pytest.mark.parametrize("name", SLOW)
def test_what_is_named_slow_exists(name):
    assert (TESTS / name).exists()


def test_files_of_tests_have_names_of_their_own():
    """Two of one name cannot be collected together."""
    counts = collections.Counter(path.name for path in TESTS.rglob("test_*.py"))
    assert [name for name, count in counts.items() if count > 1] == []
