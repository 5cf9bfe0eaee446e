"""Wording of docstrings, help texts and pages: plain standard English, no riddles."""

import ast
import re

import pytest
from source_tree import FILES, PACKAGE, parse, relative

ROOT = PACKAGE.parent
PAGES = sorted((ROOT / "docs").rglob("*.md"))

RIDDLE = re.compile(r"(What|How|Which|Where|Of|When)\b")
ANYWHERE = re.compile(
    r"\blikewise\b|as are the others|\bOf (sounds|pictures):|^#+ Of ", re.IGNORECASE | re.MULTILINE
)
OF = re.compile(r"Of\b")
ARGUMENT_OF = re.compile(r"^ +`?\w+`?: Of\b", re.MULTILINE)
NO_NAME = {"utils", "helpers", "misc", "common_utils"}


def docstrings(tree):
    """Pairs of a line and a docstring, of the module, its classes and functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield getattr(node, "lineno", 1), text


def help_texts(tree):
    """Pairs of a line and a literal that is given as `help=`, `short_help=` or `epilog=`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in ("help", "short_help", "epilog"):
            for part in ast.walk(node.value):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.lineno, part.value
                    break  # of an f-string, its beginning


def faults_of_code(code_or_tree):
    tree = ast.parse(code_or_tree) if isinstance(code_or_tree, str) else code_or_tree
    faults = []
    title = ast.get_docstring(tree) or ""
    if RIDDLE.match(title):
        faults.append(f"1: a module that begins with {title.split()[0]!r}: {title.splitlines()[0]}")
    for line, text in docstrings(tree):
        if match := ANYWHERE.search(text) or ARGUMENT_OF.search(text):
            faults.append(f"{line}: {match[0].strip()!r}")
    for line, text in help_texts(tree):
        if match := ANYWHERE.search(text) or OF.match(text):
            faults.append(f"{line}: help text with {match[0]!r}: {text}")
    return faults


def faults_of(path):
    return [f"{relative(path)}:{fault}" for fault in faults_of_code(parse(path))]


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_docstrings_and_help_texts_are_plain(path):
    assert faults_of(path) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_pages_are_plain(page):
    assert [match[0] for match in ANYWHERE.finditer(page.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_files_and_folders_are_named_by_what_they_hold(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    assert not NO_NAME & {part.strip("_") for part in parts}


@pytest.mark.parametrize("path", [p for p in FILES if p.name != "__init__.py"], ids=relative)
def test_every_module_says_what_it_is(path):
    assert ast.get_docstring(parse(path))


@pytest.mark.parametrize(
    ("code", "faults"),
    [
        ('"""Gradient ascent on the input."""', 0),
        ('"""What is done."""', 1),
        ('"""Whatever."""', 0),
        ('"""Offsets of frames."""', 0),
        ('def f():\n  """Gives.\n\n  Args:\n      a: Of ascent.\n  """', 1),
        ('def f():\n  """Gives.\n\n  Args:\n      a: of ascent.\n  """', 0),
        ('def f():\n  """Likewise for sounds."""', 1),
        ('def f():\n  """As are the others."""', 1),
        ('option("--steps", help="Of ascent in each octave.")', 1),
        ('option("--steps", help=f"Of {word}.")', 1),
        ('option("--steps", help="Steps per octave. Of sounds: one.")', 1),
        ('option("--steps", help="Offset of the first step.")', 0),
        ('option("--steps", text="Of ascent")', 0),
    ],
)
def test_finds_riddles(code, faults):
    assert len(faults_of_code(code)) == faults
