"""The page of the demo server in Chromium: a dream that Python makes."""

import cdp
from demo_server import Server

from keras_sounddream.web.server.limits import Limits
from keras_sounddream.web.server.networks import Network

STATUS = "document.querySelector('#status').textContent"


def test_a_visitors_sound_is_dreamed_by_the_server(page_model, tmp_path):
    with Server(Network(page_model), Limits()).running() as server:
        browser = cdp.Browser(tmp_path / "browser")
        browser.open(f"http://127.0.0.1:{server.port}/#on=High&steps=5")
        browser.wait(f"document.querySelector('#status') && {STATUS}.startsWith('Ready')")
        assert "on the computer" in browser.run("document.querySelector('#privacy').textContent")
        browser.run("document.querySelector('#examples button').click()")
        browser.wait(f"{STATUS}.includes('ready to be dreamed')")
        assert browser.run("document.querySelectorAll('#heard meter').length") == 3
        browser.run("document.querySelector('#dream').click()")
        browser.wait(f"{STATUS}.startsWith('Dreamed in')")
        rise = browser.run("document.querySelector('#rise').textContent")
        assert rise.startswith("The objective, High, rose from")
        assert rise.endswith("in 20 steps.")
        assert not browser.sent("Runtime.exceptionThrown")
        assert [e["entry"]["text"] for e in browser.sent("Log.entryAdded")] == []
        browser.close()
