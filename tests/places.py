"""Where the checkout is, and real data beside it."""

import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[1]


def shared_data(name):
    """Path of a folder of real sounds beside the checkout; skips the test where it is absent."""
    path = ROOT.parent / "shared" / "data" / name
    if not path.is_dir():
        pytest.skip(f"needs real data: {path} is absent")
    return path
