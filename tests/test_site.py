"""The site's scripts: links laid out, docstrings as Markdown, faults of built pages found."""

import importlib
import os
import sys

import pytest
from places import ROOT

SCRIPTS = ROOT / "docs" / "site"


@pytest.fixture
def script(monkeypatch):
    """Function from a script's name to its module."""
    monkeypatch.syspath_prepend(SCRIPTS)
    names = ("stage", "reference", "publish", "sounds", "notebook", "elsewhere")
    yield importlib.import_module
    for name in names:
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("[a](concepts.md#an-anchor)", "[a](concepts.md#an-anchor)"),
        ("[a](../faq.md)", "[a](../faq.md)"),
        ("[a](../../README.md)", "[a](../index.md)"),
        ("[a](../../CONTRIBUTING.md#words)", "[a](../repository/CONTRIBUTING.md#words)"),
        ("[a](../../notebooks/zoo.ipynb)", "[a](../notebooks/zoo.md)"),
        ("[a](../../examples)", "a"),
        ("![a](../images/presets.png)", "![a](../images/presets.png)"),
        ("[a](https://keras.io) [b](#c)", "[a](https://keras.io) [b](#c)"),
        ("```\n[a](../../README.md)\n```\n", "```\n[a](../../README.md)\n```\n"),
    ],
)
def test_links_lead_where_the_site_has_their_files(script, text, moved):
    page = ROOT / "docs" / "getting_started" / "install.md"
    assert script("stage").Stage().links_moved(text, page, "getting_started/install.md") == moved


def test_a_link_to_a_sound_becomes_a_player(script):
    stage = script("stage").Stage()
    page = ROOT / "docs" / "index.md"
    text = stage.links_moved("[the `dream`](../examples/speech.flac)", page, "index.md")
    assert '<a href="repository/examples/speech.flac">the `dream`</a>' in text
    assert 'preload="none" aria-label="the dream: speech"' in text
    assert text.index('.opus" type') < text.index('.flac" type')
    assert ROOT / "examples" / "speech.flac" in stage.ahead


def test_every_page_has_a_place_of_its_own(script):
    stage = script("stage")
    pages = stage.Stage().ahead
    assert len({stage.place_of(page) for page in pages}) == len(pages)


def test_a_section_of_the_index_becomes_a_first_page(script):
    section = script("stage").section("# A\n\n## B\n\nb\n\n### C\nc\n## D\nd\n", "B")
    assert section == "\nb\n\n### C\nc\n"


def test_docstrings_become_markdown(script):
    text = script("reference").markdown(
        "Does it.\n\nArgs:\n    one, two: numbers\n        of `a`.\n    path: a <file>.\n\n"
        "Returns:\n    float.\n\nRaises:\n    InputError: if not.\n\nExample:\n    f(1)\n"
    )
    assert text == (
        "Does it.\n\n**Parameters**\n\n- **`one`, `two`**: numbers of `a`.\n"
        "- **`path`**: a \\<file>.\n\n**Returns**\n\nfloat.\n\n**Raises**\n\n- **`InputError`**: "
        "if not.\n\n**Example**\n\n```python\nf(1)\n```"
    )


def test_the_reference_has_every_public_name(script):
    import keras_sounddream
    from keras_sounddream import audio
    from keras_sounddream.deepdream import objectives

    pages = script("reference").pages(ROOT / "keras_sounddream")
    for name in set(keras_sounddream.__all__) - {"__version__"}:
        assert name in pages or f"}} {name}" in pages["index"], name
    for name in audio.__all__:
        assert f" {name}" in pages["audio"], name
    for name in objectives.__all__:
        assert f" objectives.{name}" in pages["deepdream"], name
    assert "keras_sounddream.load" not in pages["audio"]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<a href="b.html#there">', None),
        ('<a href="b.html">', None),
        ('<a href="https://keras.io">', None),
        ('<img src="data:image/png;base64,">', None),
        ('<a href="b.html#gone">', "has no such anchor"),
        ('<a href="c.html">', "leads nowhere"),
        ('<audio><source src="c.flac">', "leads nowhere"),
        ('<script src="https://example.org/a.js">', "fetches https://example.org/a.js"),
        ('<link href="//example.org/a.css">', "fetches //example.org/a.css"),
    ],
)
def test_faults_of_built_pages_are_found(script, tmp_path, body, fault):
    (tmp_path / "a.html").write_text(body)
    (tmp_path / "b.html").write_text('<p id="there">')
    found = list(script("publish").faults(tmp_path))
    assert len(found) == bool(fault)
    assert not fault or found[0].endswith(fault)


def test_versions_are_listed_newest_first(script, tmp_path):
    for name in ("0.9.0", "0.10.0", "empty"):
        os.makedirs(tmp_path / name)
        if name != "empty":
            (tmp_path / name / "index.html").write_text("")
    assert script("publish").write_versions(tmp_path) == ["0.10.0", "0.9.0"]
    assert (tmp_path / "versions.json").read_text() == '["0.10.0", "0.9.0"]\n'
    assert "url=0.10.0/index.html" in (tmp_path / "index.html").read_text()


def test_a_notebook_becomes_text_and_code(script):
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "\n", "Text."]},
        {"cell_type": "code", "source": ["print(1)"]},
    ]
    import json

    text = script("notebook").to_markdown(json.dumps({"cells": cells}), "a.ipynb")
    assert text.startswith("# Title\n\n[a.ipynb](a.ipynb)")
    assert text.endswith("Text.\n\n```python\nprint(1)\n```\n")


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("str", "docs.python.org/3/library/stdtypes.html#str"),
        ("int", "docs.python.org/3/library/functions.html#int"),
        ("Sequence", "docs.python.org/3/library/collections.abc.html#collections.abc.Sequence"),
        ("pathlib.Path", "docs.python.org/3/library/pathlib.html#pathlib.Path"),
        ("np.ndarray", "numpy.org/doc/stable/reference/generated/numpy.ndarray.html"),
        ("keras.Model", "keras.io/api/models/model/"),
        ("tf.data.Dataset", "www.tensorflow.org/api_docs/python/tf/data/Dataset"),
    ],
)
def test_types_of_other_libraries_link_to_their_manuals(script, name, address):
    assert script("elsewhere").address(name) == f"https://{address}"


@pytest.mark.parametrize("name", ["", "np", "Array", "base.AudioModel", "keras.of_ours"])
def test_other_names_link_nowhere(script, name):
    assert script("elsewhere").address(name) is None
