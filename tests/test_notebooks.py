"""The notebooks: stripped of outputs, listed, and each runs from its first cell to its last."""

import json
import pathlib
import re

import pytest
from places import ROOT

FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
PLAYERS = {  # in the outputs of each, at least
    "first_dream": 4, "zoo": 2, "your_own_model": 4, "wavenet": 5, "export_and_serve": 2,
}  # fmt: skip
MOST_CELLS, MOST_OUTPUT = 20, 3_000_000  # bytes of one cell's output


def cells(path, kind="code"):
    return [c for c in json.loads(path.read_text())["cells"] if c["cell_type"] == kind]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_holds_no_outputs(path):
    code = cells(path)
    assert 3 <= len(code) <= MOST_CELLS
    assert all(c["outputs"] == [] and c["execution_count"] is None for c in code)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_of_a_notebook_lead_somewhere(path):
    text = "".join("".join(cell["source"]) for cell in cells(path, "markdown"))
    for target in re.findall(r"\]\(([^)#]+)", text):
        assert (FOLDER / target).exists(), target


def test_every_notebook_is_listed():
    page = (ROOT / "docs" / "notebooks.md").read_text()
    listed = re.findall(r"notebooks/(\w+)\.ipynb", page)
    assert sorted(listed) == [path.stem for path in NOTEBOOKS]
    assert len(NOTEBOOKS) == 6


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path, monkeypatch):
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient").NotebookClient
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=":")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))  # as a stranger's, without weights
    notebook = nbformat.read(path, as_version=4)
    client(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    pages = [
        output.data.get("text/html", "")
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "data" in output
    ]
    assert sum(page.count("<audio ") for page in pages) >= PLAYERS.get(path.stem, 0)
    assert all(len(page) < MOST_OUTPUT for page in pages)
    assert pathlib.Path(path).read_text().count('"outputs": []') == len(cells(path))
