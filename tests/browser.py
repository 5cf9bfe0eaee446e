"""Opens pages in a browser without a window."""

import html
import json
import re
import shutil
import subprocess

import pytest

_ASK = """<script>
const said = [];
addEventListener("error", (e) => said.push(String(e.message || e.target.currentSrc)), true);
addEventListener("load", async () => {
  const all = (name) => [...document.querySelectorAll(name)];
  const length = (a) => a.error ? -1 : a.readyState ? a.duration : new Promise((done) => {
    a.addEventListener("loadedmetadata", () => done(a.duration));
    a.addEventListener("error", () => done(-1));
  });
  document.body.dataset.found = JSON.stringify({
    sounds: await Promise.all(all("audio").map(length)),
    images: all("img").map((i) => i.naturalWidth),
    unnamed: all("img:not([alt]), audio:not([title])").length,
    overflow: document.documentElement.scrollWidth - innerWidth,
    errors: said,
  });
});
</script>"""
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--allow-file-access-from-files", "--enable-logging=stderr", "--v=0",
    "--virtual-time-budget=5000",
)  # fmt: skip


def look_at(page, folder, width=1200):
    """Opens a page, and gives what it finds there; skips the test where Chromium is absent.

    Args:
        page: `pathlib.Path` of an HTML file.
        folder: `pathlib.Path`, for the browser's own files.
        width: int, pixels, of the window.

    Returns:
        dict: `sounds`, the length of each in s, -1 if it does not play; `images`, the width of
        each in pixels, 0 if it is not shown; `unnamed`, how many have no words for those who do
        not see or hear them; `overflow`, pixels that stick out to the right; `errors` and
        `console`, what went wrong.
    """
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("needs Chromium: `apt install chromium`")
    asking = page.with_name(f"asking_{page.name}")
    asking.write_text(page.read_text("utf-8").replace("<head>", f"<head>{_ASK}", 1), "utf-8")
    own = (f"--user-data-dir={folder / 'browser'}", f"--window-size={width},900")
    run = subprocess.run(
        [browser, *_FLAGS, *own, "--dump-dom", asking.as_uri()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    asking.unlink()
    found = re.search(r'data-found="([^"]*)"', run.stdout)
    assert found, f"The page said nothing.\n{run.stdout[-500:]}\n{run.stderr[-2000:]}"
    console = [line for line in run.stderr.splitlines() if "CONSOLE" in line]
    return {**json.loads(html.unescape(found[1])), "console": console}
