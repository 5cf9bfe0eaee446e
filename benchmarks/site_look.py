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
POLICY = "default-src 'self' 'unsafe-inline' data: blob:"
ASK = """<script>
document.documentElement.dataset.theme = document.documentElement.dataset.mode = "MODE";
localStorage.setItem("theme", "MODE"); localStorage.setItem("mode", "MODE");
window.foreign = [];
addEventListener("securitypolicyviolation", (e) => foreign.push(e.blockedURI));
addEventListener("load", async () => {
  const found = window.axe ? (await axe.run()).violations : [];
  const bytes = performance.getEntriesByType("resource").map((e) => e.encodedBodySize || 0);
  await fetch("/report", {method: "POST", body: JSON.stringify({
    violations: found.map((v) => [v.impact, v.id, v.nodes.length, v.nodes[0].html.slice(0, 150)]),
    foreign, overflow: document.documentElement.scrollWidth - innerWidth, files: bytes.length,
    bytes: bytes.reduce((a, b) => a + b, 0)
      + performance.getEntriesByType("navigation")[0].encodedBodySize,
  })});
});
</script>"""


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the site with `ASK` and axe-core in each page, and keeps what the page reports."""

    axe, mode, reports = b"", "light", []

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        type(self).reports.append(json.loads(self.rfile.read(length)))
        self.send_response(204)
        self.end_headers()

    def do_GET(self):
        path = pathlib.Path(self.translate_path(self.path))
        if self.path == "/axe.js":
            return self.send(self.axe, "text/javascript")
        if path.suffix == ".html" and path.is_file():
            head = f"<head>{ASK.replace('MODE', self.mode)}" + '<script src="/axe.js"></script>'
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


def look(address, width, picture=None, height=1000):
    """Opens an address in Chromium; the page itself reports to the server."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
    shot = [f"--screenshot={picture}"] if picture else ["--dump-dom"]
    with tempfile.TemporaryDirectory() as own:
        subprocess.run(
            [browser, *flags, f"--user-data-dir={own}", f"--window-size={width},{height}",
             "--virtual-time-budget=30000", *shot, address],
            capture_output=True, timeout=180, check=True,
        )  # fmt: skip


def reports(server, version, pictures):
    """`(page, width, mode, report)` of every page."""
    for page in PAGES:
        for mode in MODES:
            for width in WIDTHS:
                Handler.mode, Handler.reports = mode, []
                picture = pictures and f"{pictures}/{page.replace('/', '_')}_{width}_{mode}.png"
                address = f"http://127.0.0.1:{server.server_port}/{version}/{page}.html"
                look(address, width, picture)
                yield page, width, mode, Handler.reports[0]


def row(page, found):
    """A line of the table out of a page's reports, whose first is that of a telephone, light."""
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
    found = {page: [] for page in PAGES}
    for page, width, mode, report in reports(server, folder.name, options.pictures):
        report["bytes"] -= len(Handler.axe)
        found[page].append(report)
        print(page, width, mode, json.dumps(report), flush=True)
    version = re.search(rb"axe v([\d.]+)", Handler.axe)[1].decode()
    PAGE.write_text(text([row(page, one) for page, one in found.items()], version))


if __name__ == "__main__":
    main()
