"""The code blocks of the README and of docs/ run; links and tables hold."""

import pathlib
import re
import shutil

import pytest

ROOT = pathlib.Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WITH_CODE = [page for page in PAGES if "```python" in page.read_text()]


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.name)
def test_python_blocks_run_in_order(page, tmp_path, monkeypatch):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
        exec(compile(block, page.name, "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_the_readmes_table_is_the_benchmarks():
    measured = (ROOT / "docs/benchmarks/dreams/dream_fidelity.md").read_text()
    rows = [line for line in (ROOT / "README.md").read_text().splitlines() if "**ours**" in line]
    assert rows
    for row in rows:
        assert row in measured


def test_examples_are_what_their_script_makes(tmp_path):
    import sys

    import numpy as np

    from keras_sounddream import audio

    sys.path.insert(0, str(ROOT / "examples"))
    try:
        import make_examples
    finally:
        sys.path.pop(0)
    make_examples.main(tmp_path)
    total = 0
    for path in sorted((ROOT / "examples").glob("*.flac")):
        made, kept = (audio.load(folder / path.name, 24000) for folder in (tmp_path, path.parent))
        np.testing.assert_allclose(made, kept, atol=2 / 32768)
        total += path.stat().st_size
    assert 0 < total < 1_000_000
