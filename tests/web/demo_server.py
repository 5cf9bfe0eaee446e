"""A demo server on a port of this machine."""

import contextlib
import http.client
import json
import threading
import time

import pytest

_REASON = "needs the extra demo: starlette and uvicorn"
uvicorn = pytest.importorskip("uvicorn", reason=_REASON)
application = pytest.importorskip("keras_sounddream.web.server.app", reason=_REASON)

CHOICE = "model=net&on=conv&strength=0.5&steps=5"


class Server:
    """A server on a port of this machine, and what it answers."""

    def __init__(self, network, limits, styles=None):
        self.network = network
        networks = {network.description["name"]: network}
        app = application.Demo(networks, limits, ["127.0.0.1"], styles).app
        config = uvicorn.Config(app, port=0, log_level="error", server_header=False)
        self._server = uvicorn.Server(config)

    @contextlib.contextmanager
    def running(self):
        thread = threading.Thread(target=self._server.run, daemon=True)
        thread.start()
        while not self._server.started:
            time.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        yield self
        self._server.should_exit = True
        thread.join(20)

    def ask(self, method, path, body=None, **headers):
        """`(status, content, headers)` of an answer; JSON is read."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content, kind = answer.read(), answer.headers.get("Content-Type", "")
            is_json = content and kind.startswith("application/json") and path != "/page.json"
            return answer.status, json.loads(content) if is_json else content, answer.headers

    def dream(self, content, path=f"/api/dreams?{CHOICE}"):
        """The file that a dream of a file is."""
        _, job, _ = self.ask("POST", path, content)
        self.wait(job["name"])
        return self.ask("GET", f"/api/dreams/{job['name']}/sound")[1]

    def wait(self, name, states=("done", "failed")):
        """A dream's description as soon as it is in one of some states."""
        while True:
            _, job, _ = self.ask("GET", f"/api/dreams/{name}")
            if job.get("state") in states or job.get("error"):
                return job
            time.sleep(0.02)
