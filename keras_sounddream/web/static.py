"""The page's own files and settings, as they are served: without networks and ONNX Runtime."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import pathlib
from collections.abc import Sequence
from typing import Any

from keras_sounddream.applications.pretrained import shipped_examples
from keras_sounddream.digests import file_digest
from keras_sounddream.web.headers import HEADERS, POLICY

PAGE = pathlib.Path(__file__).parent / "page"
SETTINGS = "page.json"  # a folder is known by it
STEPS = ((5, "quick"), (10, "standard"), (20, "thorough"))  # per octave
MOST_SECONDS = 10.0  # of a sound that is dreamed at once
_LATER = "models/filter_*"  # files that a first visit does not load
_STATIC = (".html", ".css", ".mjs", ".svg")


def settings(
    networks: list[dict[str, Any]],
    examples: list[dict[str, str]],
    filters: Sequence[dict[str, Any]] = (),
    server: str | None = None,
) -> dict[str, Any]:
    """What the page reads first; `server` says where sounds go, `None` if nowhere."""
    return {
        "networks": networks,
        "filters": list(filters),
        "steps": STEPS,
        "most_seconds": MOST_SECONDS,
        "examples": examples,
        "server": server,
    }


def examples_of(folder: pathlib.Path) -> list[dict[str, str]]:
    """Copies the examples into a folder; their titles and paths in it."""
    found = []
    (folder / "examples").mkdir()
    for path in shipped_examples():
        (folder / "examples" / path.name).write_bytes(path.read_bytes())
        found.append({"title": path.stem.capitalize(), "file": f"examples/{path.name}"})
    return found


def write_static(folder: pathlib.Path, page: dict[str, Any]) -> None:
    """Writes the page's own files, its settings, and the service worker that lists all of them.

    Files that are needed only by some visitors are kept when they are first used.
    """
    (folder / SETTINGS).write_text(json.dumps(page, indent=1) + "\n", encoding="utf-8")
    for path in sorted(PAGE.rglob("*")):
        if path.suffix in _STATIC:
            copy = folder / path.relative_to(PAGE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_text(encoding="utf-8").replace("%POLICY%", POLICY)
            copy.write_text(text, encoding="utf-8")
    files = {
        path.relative_to(folder).as_posix(): file_digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    version = hashlib.sha256(json.dumps(files).encode()).hexdigest()[:12]
    later = [name for name in files if fnmatch.fnmatch(name, _LATER)]
    first = ["./", *(name for name in files if name not in later)]
    listed = {"version": f"dream-{version}", "files": first, "later": later}
    worker = (PAGE / "sw.js").read_text(encoding="utf-8")
    worker = worker.replace("%FILES%", json.dumps(listed)).replace("%HEADERS%", json.dumps(HEADERS))
    (folder / "sw.js").write_text(worker, encoding="utf-8")
