"""Weighs the page of `sounddream web` and times it in Chromium.

    python benchmarks/browser.py [FOLDER]

FOLDER is a page that `sounddream web` wrote; without, one is written. Writes
docs/benchmarks/export/browser.md, and screenshots into build/browser_page to be looked at.
"""

import functools
import gzip
import http.server
import json
import os
import pathlib
import statistics
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "web")]
import cdp  # noqa: E402

PAGE = ROOT / "docs" / "benchmarks" / "export" / "browser.md"
SHOTS = pathlib.Path(__file__).parents[1] / "build" / "browser_page"
STATUS = "document.querySelector('#status').textContent"
CLIP = ("Speech", 2.9)  # the example that is dreamed, and its length in s
GROUPS = {"page": "*.*", "ONNX Runtime": "ort/*", "classifier": "models/classify*"}
GROUPS |= {"dream": "models/dream*", "examples": "examples/*"}
SIZES = ((320, "telephone"), (768, "tablet"), (1280, "screen"))


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files, with the headers of pages that may use threads if it is told so."""

    isolated = False

    def end_headers(self):
        if type(self).isolated:
            self.send_header("Cross-Origin-Opener-Policy", "same-origin")
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, *_):
        pass


def serve(folder, isolated):
    """The address of a folder's files."""
    kind = type("Own", (Handler,), {"isolated": isolated})
    handler = functools.partial(kind, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


def weigh(folder):
    """Bytes of the page's parts, as they are and compressed: name → pair."""
    sizes = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            part = next((g for g, glob in GROUPS.items() if pathlib.PurePath(name).match(glob)
                         and glob != "*.*"), "page")  # fmt: skip
            content = path.read_bytes()
            packed = len(content) if path.suffix == ".flac" else len(gzip.compress(content, 9))
            plain, small = sizes.get(part, (0, 0))
            sizes[part] = plain + len(content), small + packed
    return sizes


def timed(browser, act, sentence):
    """Seconds from an act until the page says a sentence: on the clock, and of computing."""
    browser.run("document.querySelector('#status').textContent = ''")
    started, computed = time.perf_counter(), browser.cpu_seconds()
    browser.run(act)
    browser.wait(f"{STATUS}.includes({json.dumps(sentence)})")
    return time.perf_counter() - started, browser.cpu_seconds() - computed


def visit(address, folder, shots=False):
    """Times of one visit: a dict of seconds, and the rise that the page tells."""
    browser = cdp.Browser(folder)
    started = time.perf_counter()
    browser.open(address)
    browser.wait(f"document.querySelector('#status') && {STATUS}.startsWith('Ready')")
    times = {"ready": (time.perf_counter() - started, browser.cpu_seconds())}
    pick = f"[...document.querySelectorAll('#examples button')].find(b => b.textContent === '{CLIP[0]}').click()"
    times["recognised"] = timed(browser, pick, "ready to be dreamed")
    for name in ("first dream", "next dream"):
        times[name] = timed(browser, "document.querySelector('#dream').click()", "Dreamed in")
    rise = browser.run("document.querySelector('#rise').textContent")
    if shots:
        shoot(browser)
    hosts = {p["request"]["url"].split("/")[2] for p in browser.sent("Network.requestWillBeSent")
             if p["request"]["url"].startswith("http")}  # fmt: skip
    browser.close()
    return times, rise, hosts


def shoot(browser):
    """Pictures of the page at three widths, light and dark."""
    import base64

    SHOTS.mkdir(parents=True, exist_ok=True)
    for width, name in SIZES:
        for scheme in ("light", "dark"):
            browser.call("Emulation.setDeviceMetricsOverride", width=width, height=900,
                         deviceScaleFactor=1, mobile=width < 600)  # fmt: skip
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            browser.call("Emulation.setEmulatedMedia", features=features)
            taken = browser.call("Page.captureScreenshot", captureBeyondViewport=True)
            path = SHOTS / f"{name}_{scheme}.png"
            path.write_bytes(base64.b64decode(taken["data"]))


def main():
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(temporary, "page")
        if not folder.exists():
            from keras_sounddream import applications
            from keras_sounddream.web import write_page

            write_page(folder, applications.LogMelCNN())
        sizes = weigh(folder)
        runs = {}
        for isolated in (False, True):
            address = serve(folder, isolated)
            runs[isolated] = [
                visit(
                    address, pathlib.Path(temporary, f"b{isolated}{i}"), shots=not (isolated or i)
                )
                for i in range(int(os.environ.get("RUNS", "2")))
            ]
        write(sizes, runs)


def write(sizes, runs):
    """Writes the page of figures."""
    rows = [f"| {name} | {plain / 1e6:.2f} | {small / 1e6:.2f} |"
            for name, (plain, small) in sizes.items()]  # fmt: skip
    total = [sum(pair[i] for pair in sizes.values()) / 1e6 for i in (0, 1)]
    rows.append(f"| all | {total[0]:.2f} | {total[1]:.2f} |")
    names = list(runs[False][0][0])
    times = []
    for name in names:
        clock, computed, threads = (
            statistics.median(run[0][name][which] for run in runs[is_isolated])
            for is_isolated, which in ((False, 0), (False, 1), (True, 0))
        )
        times.append(f"| {name} | {clock:.1f} | {computed:.1f} | {threads:.1f} |")
    hosts = {
        host.split(":")[0] for group in runs.values() for _, _, found in group for host in found
    }
    load = os.getloadavg()[1]
    PAGE.write_text(f"""# The page that dreams, weighed and timed

Written by `benchmarks/browser.py` on {os.cpu_count()} cores (load {load:.1f}), in headless Chromium.
[The page](../../browser.md) is that of `LogMelCNN`.

## Weight

| part | MB | compressed (gzip), MB |
|---|---|---|
{chr(10).join(rows)}

Networks are loaded when they are needed: the classifier at once, the dream with the first sound. The
service worker keeps all of it for later visits.

## Times

Seconds for the example of {CLIP[1]} s and 40 steps (visits of each kind: {len(runs[False])}): on one thread, as from any
server of files at the first visit, and on as many threads as there are cores where the page is cross-origin
isolated. Other programs shared the cores (their load is above), so the clock says more than the page
needs: what its process computes is counted apart.

| from | one thread, clock | one thread, computing | threads, clock |
|---|---|---|---|
{chr(10).join(times)}

"ready" is from the address to the first sentence, "recognised" from the click on an example. The page said:
"{runs[False][0][1]}"

Hosts that were asked in all visits: {", ".join(sorted(hosts))}.
""")


if __name__ == "__main__":
    main()
