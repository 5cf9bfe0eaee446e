"""The page that dreams, looked at in Chromium: axe-core's findings, what sticks out, pictures.

    npm pack axe-core && tar xzf axe-core-*.tgz
    python benchmarks/browser_look.py package/axe.min.js FOLDER [--pictures FOLDER]

FOLDER is a page that `sounddream web` wrote. Writes docs/benchmarks/robustness/browser_page.md.
"""

import argparse
import base64
import pathlib
import re
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "web"), str(ROOT / "benchmarks")]
import browser as page_benchmark  # noqa: E402
import cdp  # noqa: E402
from visitor import STATUS, choose, dream  # noqa: E402

PAGE = ROOT / "docs" / "benchmarks" / "robustness" / "browser_page.md"
WIDTHS = (375, 768, 1280)  # pixels: a telephone, a tablet, a desk
MODES = ("light", "dark")
GRAVE = ("serious", "critical")
_AXE = """axe.run().then(({ violations, passes }) => passes.length < 10 ? null :
  violations.map((v) => [v.impact, v.id, v.nodes.length, v.nodes[0].html.slice(0, 150)]))"""
_OVERFLOW = "document.documentElement.scrollWidth - innerWidth"


def open_page(folder, temporary):
    """The page in a browser that lets axe-core in, beside the page's policy."""
    browser = cdp.Browser(temporary)
    browser.call("Page.setBypassCSP", enabled=True)
    browser.open(page_benchmark.serve(folder, isolated=False))
    browser.wait(f"document.querySelector('#status') && {STATUS}.startsWith('Ready')")
    return browser


def begin(browser):
    """Nothing yet: the page as it is opened."""


def open_sound(browser):
    browser.run("document.querySelector('#examples button').click()")
    browser.wait(f"{STATUS}.includes('ready to be dreamed')")


def by_filter(browser):
    browser.run("document.querySelector('optgroup:last-child option').id = 'last'")
    choose(browser, on=browser.run("document.querySelector('#last').value"))
    dream(browser)


def open_network(browser, content, name):
    """Opens a file as a network; `content` is an expression for its bytes."""
    browser.run(f"""(async () => {{
      const files = new DataTransfer(), input = document.querySelector("#network");
      files.items.add(new File([{content}], "{name}"));
      document.querySelector("#status").textContent = "";
      input.files = files.files;
      input.dispatchEvent(new Event("change"));
    }})()""")


def with_network(browser):
    open_network(browser, "await (await fetch('models/classify.onnx')).blob()", "a_network.onnx")
    browser.wait(f"{STATUS}.includes('recognises')")


def refused(browser):
    open_network(browser, "'no network'", "photo.onnx")
    browser.wait("document.querySelector('#status.error') !== null")


STATES = {
    "opened": begin,
    "a sound": open_sound,
    "a filter's dream": by_filter,
    "a network of the visitor's": with_network,
    "an error": refused,
}


def look(browser, axe, pictures):
    """Yields state, width, mode, findings of axe-core, and pixels that stick out."""
    browser.run(axe + ";0")
    for state, reach in STATES.items():
        reach(browser)
        for width in WIDTHS:
            for mode in MODES:
                show(browser, width, mode)
                if pictures:
                    shoot(browser, pictures / f"{state.replace(' ', '_')}_{width}_{mode}.png")
                yield state, width, mode, browser.run(_AXE), browser.run(_OVERFLOW)


def show(browser, width, mode):
    """Sets the width of the window and the colours that the visitor prefers."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.call("Emulation.setDeviceMetricsOverride", **size)
    features = [{"name": "prefers-color-scheme", "value": mode}]
    browser.call("Emulation.setEmulatedMedia", features=features)


def shoot(browser, path):
    taken = browser.call("Page.captureScreenshot", captureBeyondViewport=True)
    path.write_bytes(base64.b64decode(taken["data"]))


def row(state, found):
    """A line of the table out of the looks at a state."""
    findings = {(impact, name) for *_, axe, _ in found for impact, name, *_ in axe}
    grave, lesser = (
        ", ".join(sorted(name for impact, name in findings if (impact in GRAVE) == is_grave))
        for is_grave in (True, False)
    )
    widest = max(overflow for *_, overflow in found)
    return f"| {state} | {grave or 'none'} | {lesser or 'none'} | {max(0, widest)} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("axe", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--pictures", type=pathlib.Path)
    options = parser.parse_args()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    axe = options.axe.read_text("utf-8")
    with tempfile.TemporaryDirectory() as temporary:
        browser = open_page(options.folder, temporary)
        looks = []
        for one in look(browser, axe, options.pictures):
            print(*one, flush=True)
            looks.append(one)
        browser.close()
    rows = [row(state, [one for one in looks if one[0] == state]) for state in STATES]
    version = re.search(r"axe v([\d.]+)", axe)[1]
    write(rows, version)


def write(rows, version):
    """Writes the page of findings."""
    PAGE.write_text(f"""# The page that dreams, looked at by a browser

Written by `benchmarks/browser_look.py`: Chromium without a window, axe-core {version}, widths of
{", ".join(map(str, WIDTHS))} pixels, light and dark. Findings of axe-core are those of any width and mode;
*sticks out* is how many pixels [the page](../../browser.md) is wider than its window.

| state | serious or critical | lesser | sticks out |
|---|---|---|---|
{chr(10).join(rows)}
""")


if __name__ == "__main__":
    main()
