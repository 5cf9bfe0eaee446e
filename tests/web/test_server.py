"""The demo server with a network that only counts: limits, refusals, the queue, rubbish."""

import dataclasses
import json
import socket
import threading
import time

import numpy as np
import pytest
from demo_server import CHOICE, Server

from keras_sounddream.errors import InputError
from keras_sounddream.web.server.limits import Limits

STYLE = "network=texture&strength=0.5&steps=5&split=5"
PRESET = f"{CHOICE.replace('strength=0.5&', '')}&preset="
LIMITS = Limits(body_bytes=1000, body_seconds=1, waiting=25)


class CountingNetwork:
    """Dreams a sound to itself, backwards, in some steps; may be held up."""

    names = ("conv", "Dog")

    def __init__(self):
        self.description = {"name": "net", "rate": 24000, "labels": ["Dog"], "groups": []}
        self.may_go, self.dreamed = threading.Event(), []
        self.may_go.set()

    def classify(self, path, most_seconds):
        if path.read_bytes() == b"bad":
            raise InputError(f"Expected sound, but {path} is none.")
        return [{"label": "Dog", "score": 1.0}]

    def dream(self, order, choice, watch):
        content = order.sound.read_bytes()
        if content == b"crash":
            raise ZeroDivisionError("of a decoder")
        if content == b"bad":
            raise InputError(f"Neither {order.sound} nor {order.second} is sound.")
        self.dreamed.append(content)
        for step in range(choice["steps"]):
            self.may_go.wait(20)
            if not watch(step + 1, choice["steps"], float(step)):
                break
        second = order.second.read_bytes() if order.second else b""
        order.output.write_bytes(second + content[::-1])


@pytest.fixture
def server():
    network = CountingNetwork()
    with Server(network, LIMITS, {"texture": network}).running() as running:
        yield running
        running.network.may_go.set()


def test_the_page_comes_with_its_headers(server):
    for path, kind in {"/": "text/html", "/js/main.mjs": "text/javascript"}.items():
        status, content, headers = server.ask("GET", path)
        assert status == 200
        assert headers["Content-Type"].startswith(kind)
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert b"%POLICY%" not in content
    page = json.loads(server.ask("GET", "/page.json")[1])
    assert page["networks"][0]["name"] == "net"
    assert page["server"]


def test_a_dream_is_asked_for_waited_for_and_fetched(server):
    assert server.dream(b"sound") == b"dnuos"
    status, content, _ = server.ask("POST", "/api/classify?model=net", b"sound")
    assert (status, content) == (200, {"classes": [{"label": "Dog", "score": 1.0}]})


@pytest.mark.parametrize("path", [f"/api/dreams?{CHOICE}&split=5", f"/api/styles?{STYLE}"])
def test_two_sounds_are_sent_one_behind_the_other(server, path):
    assert server.dream(b"firstsecond", path) == b"secondtsrif"


@pytest.mark.parametrize("preset", ["gentle", "default", "vivid", "natural_dreams", "heard"])
def test_a_preset_stands_in_for_a_strength(server, preset):
    path = f"/api/dreams?{CHOICE.replace('strength=0.5', f'preset={preset}')}"
    assert server.dream(b"sound", path) == b"dnuos"


def test_the_page_is_told_what_the_server_offers(server):
    offers = json.loads(server.ask("GET", "/page.json")[1])["offers"]
    assert offers["styles"] == {"names": ["texture"], "octaves": 1, "steps": 60}
    presets = {preset["name"]: preset for preset in offers["presets"]}
    assert presets["gentle"]["strength"] == 0.25
    assert (presets["heard"]["octaves"], presets["heard"]["steps"]) == (1, 60)


def test_a_dream_that_fails_of_its_sounds_names_no_file(server):
    path = f"/api/styles?{STYLE.replace('split=5', 'split=3')}"
    _, job, _ = server.ask("POST", path, b"bad second")
    failed = server.wait(job["name"])
    assert failed["state"] == "failed"
    assert failed["error"] == "Neither the sound nor the second sound is sound."


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "sentence"),
    [
        ("GET", "/../setup.py", None, 404, "no such page"),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", None, 404, "no such page"),
        ("GET", "//etc/passwd", None, 404, "no such page"),
        ("GET", "/js", None, 404, "no such page"),
        ("GET", "/api/dreams/..%2f..%2fx", None, 404, "no such"),
        ("GET", "/api/dreams/none", None, 404, "no such dream any more: dream again"),
        ("GET", "/api/dreams/none/sound", None, 404, "no such dream"),
        ("POST", "/api/dreams/none/stop", b"", 404, "no such dream"),
        ("POST", "/", b"", 405, "Method"),
        ("POST", "/api/classify", b"x", 400, "`model` is one of net."),
        ("POST", "/api/classify?model=/etc", b"x", 400, "`model` is one of net."),
        ("POST", "/api/classify?model=net", b"bad", 422, "but the sound is none"),
        ("POST", "/api/classify?model=net", b"x" * 1001, 413, "at most 0.001 MB of sound"),
        ("POST", "/api/dreams?model=net", b"x", 400, "Expected the choices"),
        ("POST", f"/api/dreams?{CHOICE}&more=1", b"x", 400, "Expected the choices"),
        ("POST", f"/api/dreams?{CHOICE}&preset=vivid", b"x", 400, "either strength or preset"),
        ("POST", f"/api/dreams?{PRESET}..%2fx", b"x", 400, "`preset` is one of gentle, default"),
        ("POST", f"/api/dreams?{PRESET}", b"x", 400, "`preset` is one of"),
        ("POST", f"/api/dreams?{PRESET}vivid&preset=vivid", b"x", 400, "each choice once"),
        ("POST", f"/api/dreams?{CHOICE}&split=0", b"xy", 400, "the first of two sounds"),
        ("POST", f"/api/dreams?{CHOICE}&split=2", b"xy", 400, "Received: 2 of 2"),
        ("POST", f"/api/dreams?{CHOICE}&split=999999999999", b"xy", 400, "send both sounds"),
        ("POST", f"/api/dreams?{CHOICE}&split=9999999999999", b"xy", 400, "a number of bytes"),
        ("POST", f"/api/dreams?{CHOICE}&split=-1", b"xy", 400, "`split` is a number of bytes"),
        ("POST", f"/api/dreams?{CHOICE}&split=1e1", b"xy", 400, "`split` is a number of bytes"),
        ("POST", f"/api/dreams?{CHOICE}&split=%D9%A3", b"xy", 400, "`split` is a number of bytes"),
        ("POST", f"/api/dreams?{CHOICE}&split=", b"xy", 400, "`split` is a number of bytes"),
        ("POST", f"/api/dreams?{CHOICE}&second=/etc/passwd", b"xy", 400, "Expected the choices"),
        ("POST", "/api/styles", b"xy", 400, "network, strength, steps and split, each once"),
        ("POST", f"/api/styles?{STYLE.replace('&split=5', '')}", b"xy", 400, "and split"),
        ("POST", f"/api/styles?{STYLE}", b"short", 400, "Received: 5 of 5"),
        ("POST", f"/api/styles?{STYLE}", b"", 400, "Received: 5 of 0"),
        ("POST", f"/api/styles?{STYLE}", b"x" * 1001, 413, "at most 0.001 MB of sound"),
        ("POST", f"/api/styles?{STYLE}&on=conv", b"second", 400, "Expected the choices"),
        ("POST", f"/api/styles?{STYLE.replace('texture', '/etc')}", b"x", 400, "is one of texture"),
        ("POST", f"/api/styles?{STYLE.replace('0.5', 'inf')}", b"x", 400, "from 0 to 1"),
        ("POST", f"/api/styles?{STYLE.replace('steps=5', 'steps=0')}", b"x", 400, "`steps` is one"),
        ("GET", f"/api/styles?{STYLE}", None, 404, "no such page"),
        ("POST", f"/api/dreams?{CHOICE}&steps=5", b"x", 400, "each choice once"),
        ("POST", f"/api/dreams?{CHOICE.replace('conv', 'x')}", b"x", 400, "`on` is one of conv"),
        ("POST", f"/api/dreams?{CHOICE.replace('0.5', 'nan')}", b"x", 400, "from 0 to 1"),
        ("POST", f"/api/dreams?{CHOICE.replace('0.5', '1e400')}", b"x", 400, "from 0 to 1"),
        ("POST", f"/api/dreams?{CHOICE.replace('0.5', 'a')}", b"x", 400, "from 0 to 1"),
        ("POST", f"/api/dreams?{CHOICE.replace('=5', '=6')}", b"x", 400, "`steps` is one of 5, 10"),
    ],
)
def test_what_is_not_allowed_is_refused_in_a_sentence(server, method, path, body, status, sentence):
    got, content, _ = server.ask(method, path, body)
    assert (got, list(content)) == (status, ["error"])
    assert sentence in content["error"]
    assert "/tmp" not in content["error"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "elsewhere.example"}, 400),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_other_sites_cannot_ask(server, headers, status):
    assert server.ask("POST", "/api/classify?model=net", b"x", **headers)[0] == status


def test_a_crash_is_the_dreams_own(server):
    _, job, _ = server.ask("POST", f"/api/dreams?{CHOICE}", b"crash")
    failed = server.wait(job["name"])
    assert (failed["state"], failed["error"]) == ("failed", "The dream failed: try another sound.")
    assert server.dream(b"next") == b"txen"


def test_a_dream_is_stopped_where_it_is(server):
    server.network.may_go.clear()
    _, job, _ = server.ask("POST", f"/api/dreams?{CHOICE}", b"sound")
    server.wait(job["name"], ["dreaming"])
    assert server.ask("GET", f"/api/dreams/{job['name']}/sound")[0] == 409
    server.ask("POST", f"/api/dreams/{job['name']}/stop", b"")
    server.network.may_go.set()
    assert server.wait(job["name"])["done"] == 1
    assert server.ask("GET", f"/api/dreams/{job['name']}/sound")[1] == b"dnuos"


def test_a_dream_that_waits_is_stopped_before_it_begins(server):
    server.network.may_go.clear()
    jobs = [server.ask("POST", f"/api/dreams?{CHOICE}", b"sound")[1] for _ in range(3)]
    server.wait(jobs[0]["name"], ["dreaming"])
    stopped = server.ask("POST", f"/api/dreams/{jobs[1]['name']}/stop", b"")[1]
    assert (stopped["state"], stopped["error"]) == ("failed", "Stopped before it began.")
    assert server.ask("GET", f"/api/dreams/{jobs[2]['name']}")[1]["ahead"] == 1


def test_the_queue_has_an_end_and_an_order(server):
    server.network.may_go.clear()
    first = server.ask("POST", f"/api/dreams?{CHOICE}", b"first")[1]
    server.wait(first["name"], ["dreaming"])
    asked = [server.ask("POST", f"/api/dreams?{CHOICE}", bytes([i])) for i in range(26)]
    assert [status for status, _, _ in asked] == [202] * 25 + [503]
    assert [job["ahead"] for _, job, _ in asked[:25]] == list(range(1, 26))
    assert "25 dreams are waiting" in asked[-1][1]["error"]


def test_visitors_who_leave_are_not_waited_for():
    impatient = dataclasses.replace(LIMITS, silent_seconds=2)
    with Server(CountingNetwork(), impatient).running() as server:
        server.network.may_go.clear()
        stays, leaves = (server.ask("POST", f"/api/dreams?{CHOICE}", b"x" * n)[1] for n in (1, 2))
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            server.ask("GET", f"/api/dreams/{stays['name']}")
            time.sleep(0.1)
        assert server.ask("GET", f"/api/dreams/{leaves['name']}")[0] == 404
        server.network.may_go.set()
        assert server.wait(stays["name"])["state"] == "done"
        assert server.network.dreamed == [b"x"]


def test_old_dreams_are_forgotten():
    with Server(CountingNetwork(), dataclasses.replace(LIMITS, kept=2)).running() as server:
        asked = [server.ask("POST", f"/api/dreams?{CHOICE}", b"x")[1]["name"] for _ in range(4)]
        server.wait(asked[-1])
        found = [server.ask("GET", f"/api/dreams/{name}")[0] for name in asked]
        assert found == [404, 404, 200, 200]


def test_twenty_visitors_at_once_each_get_their_own_dream(server):
    made = {}

    def visit(number):
        sound = b"visitor %d" % number
        made[number] = server.ask("POST", "/api/classify?model=net", sound)[0] == 200
        made[number] &= server.dream(sound) == sound[::-1]

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(20)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(60)
    assert made == dict.fromkeys(range(20), True)


def test_rubbish_is_answered_and_the_server_goes_on(server):
    rng = np.random.default_rng(0)
    paths = ["/", "/api/dreams", "/api/dreams/x/sound", "/api/classify", f"/api/dreams?{CHOICE}"]
    paths += [f"/api/styles?{STYLE}", f"/api/dreams?{PRESET}", f"/api/dreams?{CHOICE}&split="]
    for _ in range(250):
        path = paths[rng.integers(len(paths))]
        noise = bytes(rng.integers(33, 126, rng.integers(0, 40), "uint8")).decode().replace("#", "")
        method = ["GET", "POST", "PUT", "DELETE", "HEAD"][rng.integers(5)]
        status = server.ask(method, path + noise, bytes(rng.integers(0, 256, 50, "uint8")))[0]
        assert status in (200, 202, 400, 404, 405, 503)
    assert server.ask("GET", "/")[0] == 200


@pytest.mark.parametrize("sent", [b"GARBAGE\r\n\r\n", b"POST /api/classify?model=net HTTP/1.1\r\n"])
def test_what_is_no_http_and_what_never_ends_holds_nobody_up(server, sent):
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(sent)
        assert server.dream(b"other") == b"rehto"


def test_a_sound_that_arrives_too_slowly_is_not_waited_for(server):
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        head = (
            "POST /api/classify?model=net HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n"
        )
        connection.sendall(head.encode())
        content = b""
        while b"did not arrive in time" not in content:
            part = connection.recv(9000)
            assert part
            content += part
