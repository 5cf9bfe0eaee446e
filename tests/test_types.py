"""Annotations: every public function and method has one for each parameter and its return."""

import ast

import pytest
from source_tree import FILES, PACKAGE, parse, relative

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def public_functions(tree):
    """Functions and methods of public classes, at any depth of classes but in no function.

    `__init__` counts, other names that begin with an underscore do not.
    """
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node)
        elif isinstance(node, FUNCTIONS) and (
            node.name == "__init__" or not node.name.startswith("_")
        ):
            yield node


def missing_annotations(function):
    """Names of a function's parameters without annotation, and "return"."""
    arguments = function.args
    positional = arguments.posonlyargs + arguments.args
    if positional and positional[0].arg in ("self", "cls"):
        positional = positional[1:]
    others = [a for a in (arguments.vararg, arguments.kwarg) if a]
    parameters = [*positional, *arguments.kwonlyargs, *others]
    missing = [one.arg for one in parameters if one.annotation is None]
    is_complete = function.returns is not None or function.name == "__init__"
    return missing if is_complete else [*missing, "return"]


def untyped(path):
    return [
        f"{relative(path)}:{function.lineno} {function.name}: {', '.join(missing)}"
        for function in public_functions(parse(path))
        if (missing := missing_annotations(function))
    ]


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_public_functions_are_annotated(path):
    assert untyped(path) == []


def test_the_package_tells_type_checkers():
    assert (PACKAGE / "py.typed").exists()


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        ("def f(a: int, *, b: str = '') -> None: ...", []),
        ("def f(a, *args: int, b, **kwargs) -> None: ...", ["a", "b", "kwargs"]),
        ("def f(): ...", ["return"]),
        ("class A:\n  def __init__(self, a): ...", ["a"]),
        ("class A:\n  def __init__(self, a: int): ...", []),
        ("class A:\n  @property\n  def a(self): ...", ["return"]),
        ("class A:\n  @staticmethod\n  def a(b) -> int: ...", ["b"]),
        ("def _f(a): ...", []),
        ("class _A:\n  def f(self, a): ...", []),
        ("class A:\n  def __call__(self, a): ...", []),
        ("def f() -> int:\n  def g(a): ...", []),
    ],
)
def test_finds_what_is_missing(code, missing):
    functions = public_functions(ast.parse(code))
    assert [name for function in functions for name in missing_annotations(function)] == missing
