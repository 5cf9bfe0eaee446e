"""The pages of `docs/` and what they lead to, laid out for Sphinx.

    python docs/site/stage.py

Writes `build/docs/source` (Markdown) and `build/docs/extra` (files copied as they are):

- a page of `docs/` keeps its place, and a file elsewhere that a page links goes to `repository/`;
- a link to a sound becomes a player, a link to a notebook leads to a page made of it;
- each section of `docs/index.md` becomes the first page of its folder;
- the docstrings become `reference/`.
"""

import os
import pathlib
import re
import shutil

import notebook
import reference
import sounds

ROOT = pathlib.Path(__file__).parents[2]
DOCS = ROOT / "docs"
BUILD = ROOT / "build" / "docs"
SOURCE, EXTRA = BUILD / "source", BUILD / "extra"

# Entries of the navigation, those of them that exist: a folder has its page `index`.
ORDER = (
    *("getting_started/index", "guides/index", "models/index", "gallery", "browser", "notebooks"),
    *("deploy/index", "reference/index", "benchmarks/index"),
)
AT_END = ("glossary", "faq", "design", "contributing")
OF_REPOSITORY = ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
SECTIONS = {  # folder: heading of `docs/index.md`, or the title where it has none
    "guides": "Guides",
    "deploy": "Deployment",
    "getting_started": "Getting started",
}
_FENCE = re.compile(r"(^```.*?^```\s*$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")


class Stage:
    """Pages and files to lay out, each once, and what was laid out already."""

    def __init__(self):
        self.ahead = [*sorted(DOCS.rglob("*.md")), *(ROOT / name for name in OF_REPOSITORY)]
        self.placed = {}

    def place(self, path):
        """The place of a file of the repository in the site, with `/`; the file follows later."""
        if path == ROOT / "README.md":
            return "index.md"
        if path not in self.placed:
            self.ahead.append(path)
        return place_of(path)

    def write_all(self):
        """Lays out pages and files until no link leads to one that is not there."""
        while self.ahead:
            path = self.ahead.pop()
            if path not in self.placed:
                self.placed[path] = place_of(path)
                self.write(path, self.placed[path])

    def write(self, path, place):
        if path.suffix in (".md", ".ipynb"):
            text = path.read_text(encoding="utf-8")
            text = notebook.to_markdown(text, path.name) if path.suffix == ".ipynb" else text
            write(SOURCE / place, self.links_moved(text, path, place))
        elif path.suffix in sounds.TYPES:
            sounds.copy(path, EXTRA / place)
        elif path.suffix == ".html":
            shutil.copytree(path.parent, (EXTRA / place).parent, dirs_exist_ok=True)
        else:
            (SOURCE / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, SOURCE / place)
        if path.suffix == ".ipynb":
            shutil.copyfile(path, SOURCE / place.replace(".md", ".ipynb"))

    def links_moved(self, text, path, place):
        """A page's text with its links as they are in the site; blocks of code stay."""
        parts = _FENCE.split(text)
        parts[::2] = [
            _LINK.sub(lambda link: self.link(link, path, place), part) for part in parts[::2]
        ]
        return "".join(parts)

    def link(self, link, path, place):
        """One link or picture: unchanged, moved, a player, or words where there is no page."""
        mark, words, target = link.groups()
        name, _, anchor = target.partition("#")
        if not name or ":" in name:
            return link[0]
        file = (path.parent / name).resolve()
        if file.is_dir():
            return words
        there = os.path.relpath(self.place(file), os.path.dirname(place) or ".")
        if file.suffix in sounds.TYPES:
            return sounds.player(words, there)
        if file.suffix == ".html":
            return f'<a href="{there}">{words}</a>'
        return f"{mark}[{words}]({there}{'#' * bool(anchor)}{anchor})"


def place_of(path):
    """The place of a file in the site, with `/`."""
    if path.suffix == ".ipynb":
        return path.relative_to(ROOT).with_suffix(".md").as_posix()
    if path.is_relative_to(DOCS):
        return path.relative_to(DOCS).as_posix()
    return f"repository/{path.relative_to(ROOT).as_posix()}"


def write(path, text):
    """Writes a page, unless it is there with this text: Sphinx reads only what is newer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def toctree(pages, caption=""):
    """A hidden list of pages for the navigation."""
    head = [":hidden:", f":caption: {caption}"] if caption else [":hidden:"]
    return "\n".join(["\n```{toctree}", *head, *pages, "```\n"])


def section(index, heading):
    """The text of `docs/index.md` under a heading; the lines before the first without one."""
    parts = re.split(r"^## (.*)\n", index, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True)).get(heading, "")


def write_first_pages(index):
    """Writes the first page of each folder of `SECTIONS` out of a section of the index."""
    for folder, heading in SECTIONS.items():
        text = re.sub(rf"\]\((?!{folder}/|\w+:|#)", "](../", section(index, heading))
        text = text.replace(f"]({folder}/", "](") or f"\n{_listed(folder)}\n"
        write(SOURCE / folder / "index.md", f"# {heading}\n{text}")


def _listed(folder):
    titles = {p.name: p.read_text(encoding="utf-8") for p in (SOURCE / folder).glob("*.md")}
    titles.pop("index.md", None)
    return "\n".join(f"- [{text.splitlines()[0][2:]}]({name})" for name, text in titles.items())


def pages_of(folder):
    """Pages of a folder, without `.md`, in the order in which its first page links them."""
    first = (SOURCE / folder / "index.md").read_text(encoding="utf-8")
    linked = [t.removesuffix(".md") for _, _, t in _LINK.findall(first) if t.endswith(".md")]
    every = {
        page.relative_to(SOURCE / folder).with_suffix("").as_posix()
        for page in (SOURCE / folder).rglob("*.md")
    }
    in_order = [name for name in dict.fromkeys(linked) if name in every]
    return [*in_order, *sorted(every - {*in_order, "index"})]


def write_navigation():
    """Adds to the first pages the lists of pages from which Sphinx makes the navigation."""
    for first in sorted(SOURCE.glob("*/index.md")):
        append(first, toctree(pages_of(first.parent.name)))
    made = sorted(page.stem for page in (SOURCE / "notebooks").glob("*.md"))
    append(SOURCE / "notebooks.md", toctree([f"notebooks/{name}" for name in made]))
    names = [*ORDER, *AT_END]
    top = {page.stem for page in SOURCE.glob("*.md")} - {*names, "index"}
    repository = [f"repository/{name.removesuffix('.md')}" for name in OF_REPOSITORY]
    pages = [name for name in [*names, *sorted(top)] if (SOURCE / f"{name}.md").exists()]
    append(SOURCE / "index.md", toctree([*pages, *repository]))
    for page in (SOURCE / "repository").rglob("*.md"):
        if page.name not in OF_REPOSITORY:
            write(page, f"---\norphan: true\n---\n{page.read_text(encoding='utf-8')}")


def write_app():
    """Takes the page of `sounddream web -o build/web` along, where it was made."""
    if (ROOT / "build" / "web" / "index.html").exists():
        shutil.copytree(ROOT / "build" / "web", EXTRA / "app")
        append(SOURCE / "browser.md", '\n<a href="app/index.html">Open the page</a>\n')


def append(page, text):
    if page.exists():
        write(page, page.read_text(encoding="utf-8") + text)


def main():
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.rmtree(EXTRA, ignore_errors=True)
    EXTRA.mkdir(parents=True)
    Stage().write_all()
    write_first_pages((SOURCE / "index.md").read_text(encoding="utf-8"))
    for name, text in reference.pages(ROOT / "keras_sounddream").items():
        write(SOURCE / "reference" / f"{name}.md", text)
    write_app()
    write_navigation()


if __name__ == "__main__":
    main()
