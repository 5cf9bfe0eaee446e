"""The page in Chromium: a whole dream, each thing that goes wrong, and a visit without network."""

import time

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
    heard,
    in_sixteen_bits,
    open_clip,
    text_of,
)

from keras_sounddream.applications.classify import score_waveform
from keras_sounddream.deepdream import objectives
from keras_sounddream.deepdream.model import DeepDream

_UNNAMED = """[...document.querySelectorAll("button, input, select, a, meter, progress, audio")]
  .filter((e) => !(e.labels?.length || e.ariaLabel || e.title || e.textContent.trim()))
  .map((e) => e.outerHTML)"""


@pytest.mark.parametrize("on", ["conv2", "High"])
def test_a_sound_is_recognised_and_dreamed_as_in_python(visit, voice, page_model, on):
    browser = visit()
    assert "2.0 s, is ready to be dreamed" in open_clip(browser, "voice.wav")
    sound = in_sixteen_bits(voice)
    wanted, found = score_waveform(page_model, sound)[0], heard(browser)
    for label, score in zip(page_model.labels, wanted, strict=True):
        assert abs(found[label] - score) < 1e-4
    choose(browser, on=on, steps=5, strength=0.75)
    dream(browser)
    is_class = on in page_model.labels
    term = objectives.logit(page_model.labels.index(on)) if is_class else objectives.layer(on)
    smoothing = {"smoothing": "gaussian", "smoothing_width": (2.0, 2.0)} if is_class else {}
    own = DeepDream(page_model, term, steps=5, strength=0.75, **smoothing)
    wanted = own.run(sound).objective_real[0]
    before, got = (float(own.score(x)[0]) for x in (sound, dreamed(browser)))
    assert got > before
    assert abs(got - wanted) < 0.1 * abs(wanted - before)  # ties go one way or the other
    assert faults(browser) == ([], [], set())


def test_one_step_per_octave_gives_pythons_samples(visit, voice, page_model):
    browser = visit()
    open_clip(browser, "voice.wav")
    browser.run("document.querySelector('#steps').append(new Option('1', 1))")
    choose(browser, on="conv1", steps=1)
    dream(browser)
    own = DeepDream(page_model, objectives.layer("conv1"), steps=1)
    wanted = own.run(in_sixteen_bits(voice)).dream
    difference = dreamed(browser) - wanted
    assert np.sqrt(np.mean(difference**2)) < 3e-3 * np.sqrt(np.mean(wanted**2))


@pytest.fixture
def clips(page_folder, rng):
    """Writes sounds into `clips`."""

    def write(name, samples=None, rate=24000, content=None, **options):
        path = page_folder / "clips" / name
        if content is None:
            soundfile.write(path, samples, rate, **options)
        else:
            path.write_bytes(content)

    noise = rng.normal(0, 0.1, 192000).astype("float32")
    write("second.wav", noise[:24000])
    write("minutes.wav", np.tile(noise[:8000], 600), 8000)
    for rate in (8000, 44100, 192000):
        write(f"rate{rate}.wav", noise[:rate], rate)
    write("stereo.flac", np.stack([noise[:48000]] * 2, 1), 48000)
    write("music.ogg", noise[:48000], 48000)
    write("silence.wav", np.zeros(24000))
    write("short.wav", noise[:2400])
    write("cut.wav", content=b"RIFF\0\0\0\0WAVEfmt ")
    write("picture.png", content=b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    write("empty.wav", content=b"")


def test_each_file_is_read_or_refused_in_a_sentence(visit, clips):
    browser = visit()
    sentences = {
        "second.wav": "second.wav, 1.0 s, is ready to be dreamed.",
        "minutes.wav": "lasts 600 s: 10 s of it are used, from 0 s on.",
        "rate8000.wav": "1.0 s, is ready",
        "rate44100.wav": "1.0 s, is ready",
        "rate192000.wav": "1.0 s, is ready",
        "stereo.flac": "1.0 s, is ready",
        "music.ogg": "1.0 s, is ready",
        "silence.wav": "This sound is silent",
        "short.wav": "lasts 0.10 s: choose one of 0.25 s or more",
        "cut.wav": "damaged or cut off",
        "picture.png": "finds no sound in the file: choose a WAV",
        "empty.wav": "This file is empty",
    }
    for name, sentence in sentences.items():
        assert sentence in open_clip(browser, name), name
    assert faults(browser)[1:] == ([], set())


def test_a_dream_is_stopped_and_the_dream_so_far_is_there(visit):
    browser = visit()
    open_clip(browser, "voice.wav")
    choose(browser, steps=20)
    click(browser, "dream")
    browser.wait("document.querySelector('#progress').value > 0")
    click(browser, "stop")
    assert "B plays the dream so far" in browser.wait(
        f"{STATUS}.startsWith('Dreaming') ? '' : {STATUS}"
    )
    assert dreamed(browser).shape == (1, 48000)


def hide(browser):
    """Opens another tab in front of the page."""
    browser.call("Target.createTarget", url="about:blank", newWindow=False)
    browser.wait("document.visibilityState === 'hidden'")


def test_a_dream_goes_on_in_a_tab_behind_another(visit):
    browser = visit()
    open_clip(browser, "voice.wav")
    hide(browser)
    choose(browser, steps=5)
    dream(browser)
    assert browser.run("document.visibilityState") == "hidden"
    assert text_of(browser, "rise").endswith("in 20 steps.")
    assert np.abs(dreamed(browser)).max() > 0.01


def test_a_dream_in_a_tab_that_is_frozen_meanwhile_ends_all_the_same(visit):
    browser = visit()
    open_clip(browser, "voice.wav")
    choose(browser, steps=20)
    click(browser, "dream")
    browser.wait("document.querySelector('#progress').value > 0")
    hide(browser)
    browser.call("Page.setWebLifecycleState", state="frozen")
    progress = "document.querySelector('#progress').value"
    before = browser.run(progress)
    time.sleep(1)
    assert browser.run(progress) == before  # it is frozen
    browser.call("Page.setWebLifecycleState", state="active")
    browser.wait(f"{STATUS}.startsWith('Dreamed in')")
    assert text_of(browser, "rise").endswith("in 80 steps.")


def test_a_microphone_that_is_refused_is_told(visit):
    browser = visit("--deny-permission-prompts")
    click(browser, "record")
    sentence = browser.wait(f"{STATUS}.startsWith('Ready') ? '' : {STATUS}")
    assert "choose a file" in sentence


def test_a_recording_is_recognised_meanwhile_and_can_be_dreamed(visit):
    fake = "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"
    browser = visit(*fake)
    click(browser, "record")
    browser.wait("document.querySelectorAll('#heard meter').length")
    browser.wait("parseFloat(document.querySelector('#seconds').textContent) > 3.2")
    click(browser, "record")
    assert "The recording, " in browser.wait(f"{STATUS}.includes('ready') ? {STATUS} : ''")
    assert not browser.run("document.querySelector('#dream').disabled")


def test_the_second_visit_needs_no_network_and_may_use_threads(visit, address):
    browser = visit()
    browser.wait("navigator.serviceWorker.ready.then(() => true)")
    browser.call("Network.emulateNetworkConditions", offline=True, latency=0,
                 downloadThroughput=-1, uploadThroughput=-1)  # fmt: skip
    browser.call("Page.reload")
    browser.wait(f"document.querySelector('#status') && {STATUS}.startsWith('Ready')")
    assert browser.run("self.crossOriginIsolated")
    browser.run("document.querySelector('#examples button').click()")
    assert "ready to be dreamed" in browser.wait(f"{STATUS}.includes('dreamed') ? {STATUS} : ''")


def test_a_link_brings_the_settings_back(visit, address):
    browser = visit()
    choose(browser, on="High", strength=0.25, steps=20)
    click(browser, "share")
    browser.wait("location.hash")
    assert browser.run("location.hash") == "#model=small_classifier&on=High&strength=0.25&steps=20"
    browser.call("Page.reload")
    browser.wait(f"document.querySelector('#status') && {STATUS}.startsWith('Ready')")
    assert browser.run("document.querySelector('#on').value") == "High"
    assert browser.run("document.querySelector('#strong').value") == "0.25"


def test_what_a_server_alone_offers_is_not_shown(visit):
    browser = visit()
    assert browser.run("document.querySelector('#offers').hidden")
    assert not browser.run("document.querySelector('#task, #second, #style, #preset')")


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_everything_has_a_name_and_fits_the_width(visit, width):
    browser = visit()
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=800,
                 deviceScaleFactor=1, mobile=width < 600)  # fmt: skip
    open_clip(browser, "voice.wav")
    assert browser.run(_UNNAMED) == []
    assert browser.run("document.documentElement.scrollWidth - innerWidth") <= 0
