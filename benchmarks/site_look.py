"""The built site in Chromium: axe-core's findings, what sticks out, foreign hosts, page weights.

    make docs && npm pack axe-core && tar xzf axe-core-*.tgz
    python benchmarks/site_look.py package/axe.min.js [--pictures FOLDER]

Opens each page of `PAGES` at three widths, light and dark, and writes
docs/benchmarks/robustness/site.md. Where no host but the page's own may be asked, the browser's
Content-Security-Policy reports every request to another.
"""

import argparse
import functools
import http.server
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading

ROOT = pathlib.Path(__file__).parents[1]
SITE = ROOT / "build" / "docs" / "site"
PAGE = ROOT / "docs" / "benchmarks" / "robustness" / "site.md"
PAGES = (
    *("index", "gallery", "guides/index", "guides/objectives", "models/index", "search"),
    *("benchmarks/dreams/dream_fidelity", "reference/deepdream", "notebooks/first_dream"),
)
WIDTHS = (390, 820, 1440)  # pixels: a telephone, a tablet, a desk
MODES = ("light", "dark")
MOST_SECONDS = 900  # for all of them
POLICY = "default-src 'self' 'unsafe-inline' data: blob:"
ASK = """<script>
const mode = new URLSearchParams(location.search).get("mode");
localStorage.setItem("theme", mode); localStorage.setItem("mode", mode);
document.documentElement.dataset.theme = document.documentElement.dataset.mode = mode;
window.foreign = [];
addEventListener("securitypolicyviolation", (e) => foreign.push(e.blockedURI));
addEventListener("load", async () => {
  const found = (await axe.run()).violations;
  const bytes = performance.getEntriesByType("resource").map((e) => e.encodedBodySize || 0);
  await fetch("/report", {method: "POST", body: JSON.stringify({
    page: location.pathname, mode, width: innerWidth, foreign,
    violations: found.map((v) => [v.impact, v.id, v.nodes.length, v.nodes[0].html.slice(0, 150)]),
    overflow: document.documentElement.scrollWidth - innerWidth,
    bytes: bytes.reduce((a, b) => a + b, 0)
      + performance.getEntriesByType("navigation")[0].encodedBodySize,
  })});
  parent.postMessage("looked at", "*");
});
</script>"""
# One browser opens all in a frame, one after the other: a frame's width is its window's.
FRAMES = """<!DOCTYPE html><iframe id="frame" height="900"></iframe><script>
const looks = LOOKS;
const next = () => {
  if (!looks.length) return fetch("/report", {method: "POST", body: '"done"'});
  const [address, width] = looks.shift();
  frame.width = width;
  frame.src = address;
};
addEventListener("message", next);
next();
</script>"""


LEAST_WINDOW = 500  # pixels: Chromium opens none that is narrower, so those pages are framed
FRAMED = """<!DOCTYPE html><body style="margin: 0"><iframe id="frame" height="1000" style="border: 0">
</iframe><script>
const [width, address] = location.hash.slice(1).split(",");
frame.width = width;
frame.src = address;
</script>"""


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the site with `ASK` and axe-core in each page, and keeps what the page reports."""

    axe, frames, reports, done = b"", "", [], threading.Event()

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        report = json.loads(self.rfile.read(length))
        self.send_response(204)
        self.end_headers()
        if report == "done":
            return self.done.set()
        report["bytes"] -= len(self.axe)
        print(json.dumps(report), flush=True)
        self.reports.append(report)

    def do_GET(self):
        path = pathlib.Path(self.translate_path(self.path))
        if self.path == "/look.html":
            return self.send(self.frames.encode(), "text/html")
        if self.path == "/framed.html":
            return self.send(FRAMED.encode(), "text/html")
        if self.path == "/axe.js":
            return self.send(self.axe, "text/javascript")
        if path.suffix == ".html" and path.is_file():
            head = f'<head>{ASK}<script src="/axe.js"></script>'
            return self.send(path.read_text().replace("<head>", head, 1).encode(), "text/html")
        return super().do_GET()

    def send(self, content, kind):
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def browse(address, *flags):
    """Starts Chromium without a window on an address."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    every = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
    return subprocess.Popen(
        [browser, *every, *flags, address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def look(origin, version):
    """Opens every page at every width in both modes; the pages report to the server."""
    looks = [
        (f"/{version}/{page}.html?mode={mode}", width)
        for page in PAGES
        for mode in MODES
        for width in WIDTHS
    ]
    Handler.frames = FRAMES.replace("LOOKS", json.dumps(looks))
    with tempfile.TemporaryDirectory() as own:
        browser = browse(
            f"{origin}/look.html", f"--user-data-dir={own}", "--remote-debugging-port=0"
        )
        try:
            if not Handler.done.wait(MOST_SECONDS):
                raise SystemExit(f"{len(Handler.reports)} of {len(looks)} pages in time")
        finally:
            browser.terminate()
            browser.wait()


def photograph(origin, version, folder):
    """A picture of each page at each width in both modes."""
    folder.mkdir(parents=True, exist_ok=True)
    for page in PAGES:
        for mode in MODES:
            for width in WIDTHS:
                name = f"{page.replace('/', '_')}_{width}_{mode}.png"
                flags = (f"--screenshot={folder / name}", f"--window-size={width},1000")
                address = f"/{version}/{page}.html?mode={mode}"
                if width < LEAST_WINDOW:
                    address = f"/framed.html#{width},{address}"
                browse(origin + address, *flags, "--virtual-time-budget=9000").wait(180)


def row(page, found):
    """A line of the table out of a page's reports."""
    violations = {(v[0], v[1]) for report in found for v in report["violations"]}
    serious = sorted(name for impact, name in violations if impact in ("serious", "critical"))
    lesser = sorted(name for impact, name in violations if impact not in ("serious", "critical"))
    foreign = {host for report in found for host in report["foreign"]}
    weight = max(report["bytes"] for report in found) / 1e3
    overflow = max(report["overflow"] for report in found)
    cells = [", ".join(serious) or "none", ", ".join(lesser) or "none", overflow, len(foreign)]
    return "| " + " | ".join(map(str, [f"`{page}`", *cells, f"{weight:.0f}"])) + " |"


def text(rows, version):
    """The page."""
    table = "\n".join(rows)
    return (
        "# The site, looked at by a browser\n\n"
        f"Written by `benchmarks/site_look.py`: Chromium without a window, axe-core {version}, "
        f"widths of {', '.join(map(str, WIDTHS))} pixels, light and dark. Findings of axe-core are "
        "those of any width and mode; *sticks out* is how many pixels a page is wider than its "
        "window; *foreign hosts* counts those that a page asks for anything; *kB* is what the page "
        "and its files weigh uncompressed before a sound is played, without axe-core.\n\n"
        "| page | serious or critical | lesser | sticks out | foreign hosts | kB |\n"
        f"|---|---|---|---|---|---|\n{table}\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("axe", type=pathlib.Path)
    parser.add_argument("--pictures", type=pathlib.Path)
    options = parser.parse_args()
    Handler.axe = options.axe.read_bytes()
    folder = max(SITE.glob("*/index.html"), key=lambda path: path.stat().st_mtime).parent
    serve = functools.partial(Handler, directory=str(SITE))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{server.server_port}"
    look(origin, folder.name)
    found = {
        page: [one for one in Handler.reports if one["page"].endswith(f"{folder.name}/{page}.html")]
        for page in PAGES
    }
    version = re.search(rb"axe v([\d.]+)", Handler.axe)[1].decode()
    PAGE.write_text(text([row(page, one) for page, one in found.items()], version))
    if options.pictures:
        photograph(origin, folder.name, options.pictures)


if __name__ == "__main__":
    main()
