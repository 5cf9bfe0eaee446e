"""Weighs the page of `sounddream web` and times it in Chromium.

    python benchmarks/browser.py [FOLDER]

FOLDER is a page that `sounddream web` wrote; without, one is written. Writes
docs/benchmarks/export/browser.md. `RUNS`, of the environment, is how many visits of each kind are
timed. Pictures: benchmarks/browser_look.py. WebGPU: benchmarks/browser_webgpu.py.
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
STATUS = "document.querySelector('#status').textContent"
CLIP = ("Speech", 2.9)  # the example that is dreamed, and its length in s
GROUPS = {"page": "*.*", "ONNX Runtime": "ort/*", "classifier": "models/classify*"}
GROUPS |= {"dream": "models/dream*", "examples": "examples/*", "filters": "models/filter*"}
LATER = "filters"  # the part that a first visit does not load
MOST_MB = 12.0  # compressed, of what a first visit loads
WAYS = {False: "one thread", True: "threads"}


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


def visit(address, folder):
    """Times of one visit: a dict of seconds, the rise that the page tells, and hosts."""
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
    choose_filter(browser)
    for name in ("first dream by a filter", "next dream by a filter"):
        times[name] = timed(browser, "document.querySelector('#dream').click()", "Dreamed in")
    threads = browser.run(
        "self.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1"
    )
    hosts = {p["request"]["url"].split("/")[2] for p in browser.sent("Network.requestWillBeSent")
             if p["request"]["url"].startswith("http")}  # fmt: skip
    browser.close()
    return times, rise, hosts, threads


def choose_filter(browser):
    """Chooses the last filter that the page offers."""
    browser.run("""(() => {
      const field = document.querySelector("#on");
      field.value = [...field.options].at(-1).value;
      field.dispatchEvent(new Event("change"));
    })()""")


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
                visit(address, pathlib.Path(temporary, f"b{isolated}{i}"))
                for i in range(int(os.environ.get("RUNS", "2")))
            ]
            print(runs[isolated], flush=True)
        write(sizes, runs)


def weight_rows(sizes):
    """Lines of the table of weights."""
    rows = [(name, *pair) for name, pair in sizes.items()]
    first = [pair for name, pair in sizes.items() if name != LATER]
    for name, pairs in (("what a first visit loads", first), ("all", sizes.values())):
        rows.append((name, *(sum(pair[i] for pair in pairs) for i in (0, 1))))
    return [f"| {name} | {plain / 1e6:.2f} | {small / 1e6:.2f} |" for name, plain, small in rows]


def medians(runs, name):
    """Median seconds of something: by the way, on the clock and of computing."""
    return {
        is_isolated: [
            statistics.median(visit[0][name][which] for visit in visits) for which in (0, 1)
        ]
        for is_isolated, visits in runs.items()
    }


def time_row(runs, name):
    """A line of the table of times."""
    seconds = medians(runs, name)
    cells = [f"{seconds[is_isolated][which]:.1f}" for is_isolated in WAYS for which in (0, 1)]
    return f"| {name} | {' | '.join(cells)} |"


def gain(runs):
    """A sentence: what threads change, of a dream whose network is there."""
    seconds, threads = medians(runs, "next dream"), runs[True][0][3]
    clock, computing = (seconds[True][which] / seconds[False][which] for which in (0, 1))
    return (
        f"The next dream on {threads} threads took {clock:.2f} times as long on the clock as on one, "
        f"and {computing:.2f} times the computing:\nspread evenly over as many idle cores, it would take "
        f"{computing / threads:.2f} times as long at best."
    )


def write(sizes, runs):
    """Writes the page of figures."""
    small = sum(pair[1] for name, pair in sizes.items() if name != LATER) / 1e6
    assert small <= MOST_MB, f"a first visit loads {small:.2f} MB"
    visits = [one for group in runs.values() for one in group]
    hosts = {host.split(":")[0] for _, _, found, _ in visits for host in found}
    PAGE.write_text(f"""# The page that dreams, weighed and timed

Written by `benchmarks/browser.py` on {os.cpu_count()} cores (load {os.getloadavg()[1]:.1f}), in headless Chromium.
[The page](../../browser.md) is that of `LogMelCNN`.

## Weight

| part | MB | compressed (gzip), MB |
|---|---|---|
{chr(10).join(weight_rows(sizes))}

Networks are loaded when they are needed: the classifier at once, the dream with the first sound, each
filter with its first dream. The service worker keeps them for later visits, filters only once they were used.

## Times

Seconds for the example of {CLIP[1]} s and 40 steps (visits of each kind: {len(runs[False])}): on one thread, as from any
server of files at the first visit, and on as many threads as there are cores, at most four, where the page is
cross-origin isolated. Other programs shared the cores (their load is above), so the clock says more than the
page needs: what its process computes is counted apart.

| from | one thread, clock | one thread, computing | threads, clock | threads, computing |
|---|---|---|---|---|
{chr(10).join(time_row(runs, name) for name in visits[0][0])}

"ready" is from the address to the first sentence, "recognised" from the click on an example. The page said:
"{runs[False][0][1]}" A filter makes its dream in one pass.

{gain(runs)}

Hosts that were asked in all visits: {", ".join(sorted(hosts))}.
""")


if __name__ == "__main__":
    main()
