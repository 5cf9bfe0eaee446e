"""Dream filters in the page: the stream of pieces in Node, and a dream at once in Chromium."""

import json

import javascript
import numpy as np
import pytest
import soundfile
from visitor import (
    STATUS,
    choose,
    click,
    dream,
    dreamed,
    faults,
    open_clip,
    text_of,
)

RATE = 24000
# A filter that only delays: its state is what it still has to give.
_DELAYS = """
const { filtered } = await import("%s/js/dream/filter.mjs");
const given = JSON.parse(await new Response(process.stdin).text());
const filter = { rate: given.rate, samples: 100, delay: 30, state: { kept: [1, 30, 1] } };
const step = async ({ waveform, kept }) => {
  const all = Float32Array.of(...kept.data, ...waveform.data);
  return { filtered: { data: all.slice(0, 100), shape: [1, 100] },
    next_kept: { data: all.slice(100), shape: kept.shape } };
};
const steps = [];
for await (const one of filtered(step, Float32Array.from(given.sound), 24000, filter)) {
  steps.push({ ...one, dream: [...one.dream] });
}
console.log(JSON.stringify(steps));
"""


def delayed(sound, rate=RATE):
    """What the page makes of a sound with a filter that only delays, after each piece."""
    given = json.dumps({"sound": sound.tolist(), "rate": rate})
    return json.loads(javascript.run_node(_DELAYS % javascript.PAGE.as_uri(), given=given))


@pytest.mark.parametrize("length", [1, 69, 70, 71, 100, 250])
def test_pieces_join_without_the_delay(rng, length):
    sound = rng.uniform(-1, 1, length).astype("float32")
    steps = delayed(sound)
    total = -(-(length + 30) // 100)
    assert [(one["done"], one["total"]) for one in steps] == [(i + 1, total) for i in range(total)]
    np.testing.assert_array_equal(np.float32(steps[-1]["dream"]), sound)
    assert all(len(one["dream"]) == length for one in steps)


@pytest.mark.parametrize("rate", [16000, 32000])
def test_a_filter_of_another_rate_gives_a_sound_of_the_pages(rate):
    sound = (0.5 * np.sin(2 * np.pi * 440 * np.arange(2401) / RATE)).astype("float32")
    made = np.float32(delayed(sound, rate)[-1]["dream"])
    assert made.shape == sound.shape
    middle = slice(300, -300)
    np.testing.assert_allclose(made[middle], sound[middle], atol=1e-4)


def test_a_filter_dreams_as_in_python(visit, page_folder):
    from keras_sounddream.filters.model import DreamFilter

    browser = visit()
    open_clip(browser, "voice.wav")
    choose(browser, on="filter:rooster")
    assert browser.run("document.querySelector('#strength').disabled")
    assert not browser.run("document.querySelector('#pass').hidden")
    dream(browser)
    assert text_of(browser, "rise") == "The filter rooster made this dream in one pass."
    assert browser.run("document.querySelector('#download').download") == "dream_filter_rooster.wav"
    sound, _ = soundfile.read(page_folder / "clips" / "voice.wav", dtype="float32")
    wanted, made = np.asarray(DreamFilter("rooster")(sound[np.newaxis])), dreamed(browser)
    assert np.abs(wanted - sound).max() > 0.05
    assert np.abs(made - wanted).max() < 1e-4
    choose(browser, on="conv1")
    assert not browser.run("document.querySelector('#steps').disabled")
    assert faults(browser) == ([], [], set())


def test_a_link_brings_a_filter_back(visit):
    browser = visit()
    choose(browser, on="filter:rooster")
    click(browser, "share")
    browser.wait("location.hash")
    assert "on=filter%3Arooster" in browser.run("location.hash")
    browser.call("Page.reload")
    browser.wait(f"document.querySelector('#status') && {STATUS}.startsWith('Ready')")
    assert browser.run("document.querySelector('#on').value") == "filter:rooster"
    assert browser.run("document.querySelector('#strength').disabled")


def test_a_filter_is_loaded_when_it_is_needed_and_kept(visit):
    browser = visit()
    browser.wait("navigator.serviceWorker.ready.then(() => true)")
    browser.call("Page.reload")  # now by way of the service worker
    browser.wait(f"document.querySelector('#status') && {STATUS}.startsWith('Ready')")
    open_clip(browser, "voice.wav")
    kept = """caches.keys().then(([name]) => caches.open(name)).then((cache) => cache.keys())
      .then((all) => all.map((one) => one.url.split("/").pop()))"""
    assert "filter_0.onnx" not in browser.run(kept)
    assert "dream.onnx" in browser.run(kept)
    choose(browser, on="filter:rooster")
    dream(browser)
    assert "filter_0.onnx" in browser.run(kept)


def test_a_filter_that_cannot_be_loaded_is_told(visit, page_folder):
    browser = visit()
    open_clip(browser, "voice.wav")
    path = page_folder / "page" / "models" / "filter_0.onnx"
    path.rename(path.with_suffix(".away"))
    try:
        choose(browser, on="filter:rooster")
        click(browser, "dream")
        said = browser.wait(f"{STATUS}.startsWith('Dreaming') ? '' : {STATUS}")
    finally:
        path.with_suffix(".away").rename(path)
    assert said == "models/filter_0.onnx cannot be fetched (404): try again, or reload the page."
    dream(browser)  # another try is one
    assert np.abs(dreamed(browser)).max() > 0.01
