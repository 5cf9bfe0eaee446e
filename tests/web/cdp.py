"""Chromium without a window, driven over its debugging pipe."""

import fcntl
import json
import os
import shutil
import subprocess
import time

import pytest

_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-quic", "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip
_WAIT = 300.0  # s, for anything: the machine may be busy


class Browser:
    """A browser with one page.

    Args:
        folder: for the browser's own files.
        *flags: further ones of Chromium.

    Attributes:
        events: all that the page sent, in order: dicts with `method` and `params`.
    """

    def __init__(self, folder, *flags):
        path = shutil.which("chromium") or shutil.which("google-chrome")
        if path is None:
            pytest.skip("needs Chromium: `apt install chromium`")
        read, self._write = os.pipe()
        self._read, write = os.pipe()
        command = [path, *_FLAGS, *flags, f"--user-data-dir={folder}", "about:blank"]
        self._process = _start(command, read, write)
        self._rest, self._number, self.events = b"", 0, []
        self._session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        follow = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": True}
        self.call("Target.setAutoAttach", **follow)

    def call(self, method, **params):
        """What a command of the protocol answers."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def open(self, address):
        """Opens a page."""
        self.call("Page.navigate", url=address)

    def run(self, expression):
        """The value of an expression, awaited, in the page."""
        options = {"awaitPromise": True, "returnByValue": True, "userGesture": True}
        answer = self.call("Runtime.evaluate", expression=expression, **options)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, expression):
        """The value of an expression as soon as it is true."""
        end = time.monotonic() + _WAIT
        while not (value := self.run(expression)):
            assert time.monotonic() < end, (expression, self.run("document.body.innerText"))
            time.sleep(0.1)
        return value

    def cpu_seconds(self):
        """Seconds that processors have computed for pages, workers included."""
        session, self._session = self._session, None
        processes = self.call("SystemInfo.getProcessInfo")["processInfo"]
        self._session = session
        return sum(each["cpuTime"] for each in processes if each["type"] == "renderer")

    def sent(self, method):
        """The parameters of all events of a kind."""
        return [event["params"] for event in self.events if event.get("method") == method]

    def close(self):
        """Ends the browser."""
        self._session = None
        os.write(self._write, json.dumps({"id": 0, "method": "Browser.close"}).encode() + b"\0")
        self._process.wait(60)
        os.close(self._read)
        os.close(self._write)

    def _receive(self):
        while b"\0" not in self._rest:
            part = os.read(self._read, 1 << 20)
            assert part, "The browser has ended."
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        answer = json.loads(message)
        if "id" not in answer:
            self.events.append(answer)
            if answer["method"] == "Target.attachedToTarget" and self._session:
                self._follow(answer["params"]["sessionId"])
        return answer

    def _follow(self, session):
        """Has a worker's requests reported, too."""
        message = {"id": -1, "method": "Network.enable", "sessionId": session}
        os.write(self._write, json.dumps(message).encode() + b"\0")


def _start(command, read, write):
    """A process that has the pipes as its files 3 and 4."""
    high = [fcntl.fcntl(end, fcntl.F_DUPFD, 20) for end in (read, write)]
    shell = ["bash", "-c", 'exec "$@" 3<&{} 4>&{}'.format(*high), "bash", *command]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(shell, pass_fds=high, **quiet)
    for end in (read, write, *high):
        os.close(end)
    return process
