"""The package's own source, parsed: for tests of its types, words and structure."""

import ast
import functools
import pathlib

PACKAGE = pathlib.Path(__file__).parents[1] / "keras_sounddream"
FILES = sorted(PACKAGE.rglob("*.py"))


@functools.cache
def parse(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def relative(path):
    """`"audio/io.py"`, for parameters of tests and for messages."""
    return path.relative_to(PACKAGE).as_posix()


def module_name(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}
PACKAGES = [name for name, path in MODULES.items() if path.name == "__init__.py"]
