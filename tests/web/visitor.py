"""What a visitor of the page does, and what is there then, in a browser of `cdp`."""

import base64
import io
import json
import urllib.parse

import numpy as np
import soundfile

STATUS = "document.querySelector('#status').textContent"
_OPEN = """(async () => {
  const bytes = await (await fetch("%s")).arrayBuffer(), files = new DataTransfer();
  files.items.add(new File([bytes], "%s"));
  document.querySelector("#status").textContent = "";
  const input = document.querySelector("#%s");
  input.files = files.files;
  input.dispatchEvent(new Event("change"));
})()"""
_HEARD = """[...document.querySelectorAll("#heard li")].map((row) =>
  [row.firstChild.textContent, row.querySelector("meter").value])"""
_DOWNLOADED = """(async () => {
  const file = kept.get(document.querySelector("#download").href);
  const bytes = new Uint8Array(await file.arrayBuffer());
  return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
})()"""


def open_clip(browser, name, field="file"):
    """Opens a file of the folder `clips` as a visitor does; what the page says of it.

    `field`: `"file"` for a sound, `"network"` for a network.
    """
    browser.run(_OPEN % (f"../clips/{name}", name, field))
    return browser.wait(f"/being read|^$/.test({STATUS}) ? '' : {STATUS}")


def choose(browser, **fields):
    """Sets fields of the form, as a visitor does."""
    for name, value in fields.items():
        browser.run(
            f"document.querySelector('#{name}').value = {json.dumps(str(value))};"
            f"document.querySelector('#{name}').dispatchEvent(new Event('change'))"
        )


def click(browser, name):
    browser.run(f"document.querySelector('#{name}').click()")


def text_of(browser, name):
    return browser.run(f"document.querySelector('#{name}').textContent")


def dream(browser):
    """Dreams, and waits for it."""
    click(browser, "dream")
    browser.wait(f"{STATUS}.startsWith('Dreamed in')")


def heard(browser):
    """What is recognised: label → score."""
    return dict(browser.run(_HEARD))


def dreamed(browser):
    """The dream that is offered for download, `(1, samples)`."""
    file = base64.b64decode(browser.run(_DOWNLOADED))
    return soundfile.read(io.BytesIO(file), dtype="float32")[0][np.newaxis]


def in_sixteen_bits(sound):
    """A sound as a file of 16 bits holds it."""
    return np.round(sound * 32768).clip(-32768, 32767).astype("float32") / 32768


def faults(browser):
    """Errors that the page logged, and requests to other hosts."""
    logged = [entry["entry"]["text"] for entry in browser.sent("Log.entryAdded")]
    thrown = [str(params["exceptionDetails"]) for params in browser.sent("Runtime.exceptionThrown")]
    addresses = [params["request"]["url"] for params in browser.sent("Network.requestWillBeSent")]
    hosts = {urllib.parse.urlsplit(url).hostname for url in addresses if url.startswith("http")}
    return logged, thrown, hosts - {"127.0.0.1"}
