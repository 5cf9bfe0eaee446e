"""Checks a built site, and lists its versions.

    python docs/site/publish.py build/docs/site

The folder holds one folder per version. Writes `versions.json`, which the pages read, and an
`index.html` that leads to the newest. Ends with an error if a page asks another host for a file, a
link inside leads nowhere, or the site is larger than `MOST_MEGABYTES`.
"""

import html.parser
import json
import pathlib
import re
import sys
import urllib.parse

MOST_MEGABYTES = 60
_FETCHED = {  # attributes by which a page asks for a file
    "audio": "src", "iframe": "src", "img": "src", "link": "href", "script": "src", "source": "src"
}  # fmt: skip


class Page(html.parser.HTMLParser):
    """A page's addresses: those that it fetches, those that it links, and its anchors."""

    def __init__(self, path):
        super().__init__()
        self.fetched, self.linked, self.anchors = [], [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if attributes.get("id"):
            self.anchors.add(attributes["id"])
        if tag == "a" and attributes.get("href"):
            self.linked.append(attributes["href"])
        if attributes.get(_FETCHED.get(tag)):
            self.fetched.append(attributes[_FETCHED[tag]])

    def has(self, anchor):
        """Whether an anchor is there; the empty one is the page itself."""
        return not anchor or anchor in self.anchors


def pages_of(folder):
    """Paths of the built pages of a version, without the theme's own files."""
    return [p for p in sorted(folder.rglob("*.html")) if "_static" not in p.parts]


def faults(folder):
    """Lines that name a page and an address that it should not have."""
    pages = {path.resolve(): Page(path) for path in pages_of(folder)}
    for path, page in pages.items():
        name = path.relative_to(folder.resolve())
        for address in [*page.fetched, *page.linked]:
            split = urllib.parse.urlsplit(address)
            if split.scheme or split.netloc:
                if address in page.fetched and split.scheme != "data":
                    yield f"{name}: fetches {address}"
                continue
            target = path.parent / urllib.parse.unquote(split.path) if split.path else path
            target = target / "index.html" if target.is_dir() else target
            there = pages.get(target.resolve())
            if not target.exists():
                yield f"{name}: {address} leads nowhere"
            elif there and not there.has(urllib.parse.unquote(split.fragment)):
                yield f"{name}: {address} has no such anchor"


def write_versions(site):
    """Writes `versions.json`, newest first, and the page that leads to the newest."""
    found = [path.parent.name for path in site.glob("*/index.html")]

    def key(name):
        return [int(n) for n in re.findall(r"\d+", name)]

    names = sorted(found, key=key, reverse=True)
    (site / "versions.json").write_text(json.dumps(names) + "\n")
    (site / "index.html").write_text(
        f'<!DOCTYPE html>\n<html lang="en"><meta charset="utf-8"><title>keras_sounddream</title>\n'
        f'<meta http-equiv="refresh" content="0; url={names[0]}/index.html">\n'
        f'<a href="{names[0]}/index.html">keras_sounddream {names[0]}</a></html>\n'
    )
    return names


def main(site):
    site = pathlib.Path(site)
    newest = site / write_versions(site)[0]
    found = [*faults(newest)]
    size = sum(path.stat().st_size for path in newest.rglob("*") if path.is_file()) / 1e6
    pages = len(pages_of(newest))
    if size > MOST_MEGABYTES:
        found.append(f"{size:.0f} MB, expected at most {MOST_MEGABYTES}")
    print(*found, f"{pages} pages, {size:.1f} MB, {len(found)} faults", sep="\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
