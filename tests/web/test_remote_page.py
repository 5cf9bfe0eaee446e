"""The page of the demo server in Chromium: dreams, guides and styles that Python makes."""

import pathlib

import cdp
import pytest
from demo_server import Server

from keras_sounddream.web.server.limits import Limits
from keras_sounddream.web.server.networks import Network
from keras_sounddream.web.server.styles import Style

STATUS = "document.querySelector('#status').textContent"
SHOWN = """[...document.querySelectorAll("#choices select, #choices input")]
  .filter((e) => e.checkVisibility()).map((e) => e.id).join(" ")"""
_UNNAMED = """[...document.querySelectorAll("button, input, select, a, meter, progress, audio")]
  .filter((e) => !(e.labels?.length || e.ariaLabel || e.title || e.textContent.trim()))
  .map((e) => e.outerHTML)"""


@pytest.fixture(scope="module")
def browser(page_model, tmp_path_factory):
    """A browser at the page, with an example opened."""
    networks = Network(page_model), {"small_classifier": Style(page_model)}
    with Server(networks[0], Limits(), networks[1]).running() as server:
        browser = cdp.Browser(pathlib.Path(tmp_path_factory.mktemp("browser")))
        browser.open(f"http://127.0.0.1:{server.port}/#on=High&steps=5")
        browser.wait(f"document.querySelector('#status') && {STATUS}.startsWith('Ready')")
        browser.run("document.querySelector('#examples button').click()")
        browser.wait(f"{STATUS}.includes('ready to be dreamed')")
        yield browser
        browser.close()


def choose(browser, **fields):
    """Chooses values as a visitor does; the fields of the form that are then shown."""
    for name, value in fields.items():
        browser.run(f"""(() => {{
          const field = document.querySelector('#{name}');
          field.value = '{value}';
          field.dispatchEvent(new Event('change', {{ bubbles: true }}));
        }})()""")
    return browser.run(SHOWN)


def dreamed(browser):
    """Dreams; what the page says of the objective."""
    browser.run(f"{STATUS} = ''")
    browser.run("document.querySelector('#dream').click()")
    status = browser.wait(f"/^(Dreamed in|The |This |`)/.test({STATUS}) ? {STATUS} : ''")
    assert status.startswith("Dreamed in")
    return browser.run("document.querySelector('#rise').textContent")


def test_a_visitors_sound_is_dreamed_by_the_server(browser):
    assert "on the computer" in browser.run("document.querySelector('#privacy').textContent")
    assert browser.run("document.querySelectorAll('#heard meter').length") == 3
    assert choose(browser, task="dream") == "task preset on strength steps"
    rise = dreamed(browser)
    assert rise.startswith("The objective, High, rose from")
    assert rise.endswith("in 20 steps.")


def test_a_second_sound_begins_a_class_under_its_preset(browser):
    assert choose(browser, task="guide") == "task second preset on steps"
    assert browser.run("document.querySelector('#preset').value") == "heard"
    steps = "[...document.querySelector('#steps').options].map((o) => o.text)"
    assert browser.run(steps) == ["15 (quick)", "30 (standard)", "60 (thorough)"]
    assert dreamed(browser).endswith("in 15 steps.")


def test_a_style_of_a_kept_sound_is_given_to_another(browser):
    browser.run("document.querySelector('#keep').click()")
    assert choose(browser, task="style") == "task second style strength steps"
    assert browser.run("document.querySelector('#second').selectedOptions[0].text") == (
        "Melody, kept"
    )
    browser.run("document.querySelectorAll('#examples button')[2].click()")
    browser.wait(f"{STATUS}.startsWith('Speech') && {STATUS}.includes('ready to be dreamed')")
    assert "the style by small_classifier, rose" in dreamed(browser)


def test_a_second_sound_that_is_missing_is_told(browser):
    assert "second-file" in choose(browser, task="style", second="file")
    browser.run("document.querySelector('#dream').click()")
    browser.wait(f"{STATUS} === 'Choose a file for the style.'")


def test_a_link_holds_what_is_offered(browser):
    choose(browser, task="dream", preset="gentle")
    browser.run("document.querySelector('#share').click()")
    browser.wait("location.hash.includes('task')")
    assert "task=dream&style=small_classifier&preset=gentle" in browser.run("location.hash")


@pytest.mark.parametrize("width", [375, 768, 1280])
def test_everything_has_a_name_and_fits_the_width(browser, width):
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=800,
                 deviceScaleFactor=1, mobile=width < 600)  # fmt: skip
    for task in ("dream", "guide", "style"):
        choose(browser, task=task, second="file")
        assert browser.run(_UNNAMED) == []
        assert browser.run("document.documentElement.scrollWidth - innerWidth") <= 0


def test_nothing_went_wrong_in_the_page(browser):
    assert not browser.sent("Runtime.exceptionThrown")
    assert [e["entry"]["text"] for e in browser.sent("Log.entryAdded")] == []
