"""Twenty visitors at once at `sounddream demo`, rubbish, and a soak of a day's dreams.

    python benchmarks/demo.py [DREAMS] [MINUTES]

Starts the server on this machine, and sends it sounds, dreams, presets, guides, styles and rubbish.
DREAMS, by default 960, is how many are dreamed in the soak, which ends after MINUTES if they are
given. Writes docs/benchmarks/robustness/demo.md.
"""

import http.client
import io
import itertools
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import threading
import time

import soundfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks" / "robustness" / "demo.md"
DAY = 960  # dreams: one every 30 s for 8 hours
DREAM = "/api/dreams?model=log_mel_cnn&steps=5"
CLASSIFY = "/api/classify?model=log_mel_cnn"
LAYERS, CLASSES = ("block1_conv2", "block3_conv2", "block4_conv2"), ("dog", "rooster", "rain")
VISITORS = 20
EVERY = 50  # dreams, after which memory is looked at


def clips():
    """Pieces of 1 and 1.5 s of the examples, and a stereo one of another rate, as files."""
    pieces = []
    for path in sorted((ROOT / "examples").glob("*.flac")):
        sound, rate = soundfile.read(path)
        pieces += [(sound[:rate], rate), (sound[rate : rate * 5 // 2], rate)]
    sound, rate = pieces[0]
    pieces.append(([[x, x / 2] for x in sound], 44100))
    files = []
    for samples, rate in pieces:
        file = io.BytesIO()
        soundfile.write(file, samples, rate, format="WAV")
        files.append(file.getvalue())
    return files


CLIPS = clips()
KINDS = ("layer", "class", "preset", "guide", "begun", "style") * 6 + ("long preset",)
NO_SOUND = [b"", b"RIFF", CLIPS[0][:40], bytes(range(256)) * 40, b"../../etc/passwd"]


def rubbish():
    """Requests that are none: method, path and body; huge ones are rare, since they take long."""
    good = f"{DREAM}&on=dog"
    two = "/api/styles?network=random_convolution&strength=0.5&steps=5"
    queries = [
        f"{good}&strength=nan", f"{good}&strength=2", f"{good}&preset=../../etc/passwd",
        f"{good}&preset=gentle&strength=0.5", f"{good}&preset=gentle&preset=vivid",
        f"{DREAM}&preset=gentle", f"{DREAM}&on=/etc/passwd&preset=gentle",
        f"{good}&preset=gentle&split=0", f"{good}&preset=gentle&split=-1",
        f"{good}&preset=gentle&split=99999999999", f"{good}&preset=gentle&split=1e3",
        f"{good}&preset=gentle&second=/etc/passwd", two, f"{two}&split=0", f"{two}&split=9999999",
        two.replace("random_convolution", "..%2f..%2fetc%2fpasswd") + "&split=9",
        two.replace("steps=5", "steps=6") + "&split=9", f"{two}&split=%D9%A3",
        "/api/styles", "/api/dreams", "/api/dreams?model=%00", "/api/classify?model=../x",
    ]  # fmt: skip
    found = [("POST", query, CLIPS[0]) for query in queries]
    found += [("POST", CLASSIFY, body) for body in NO_SOUND]
    found += [("GET", path, None) for path in ("/../setup.py", "/api/dreams/..%2fx", "/nothing")]
    found += [("PUT", two, CLIPS[0]), ("DELETE", "/api/dreams/x", None)]
    return found, ("POST", f"{two}&split=9", b"\0" * 21_000_000)


class Visitor:
    """A client of a server on a port of this machine."""

    def __init__(self, port):
        self.port = port

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (BrokenPipeError, ConnectionResetError):
            return 413, b'{"error": ""}'  # the server did not read to the end
        finally:
            connection.close()

    def dream(self, path, body):
        """What became of a dream (`"made"` or its error) and seconds until it was fetched."""
        started = time.perf_counter()
        status, job = self.ask("POST", path, body)
        while status in (200, 202):
            job = json.loads(job)
            if job["state"] in ("done", "failed"):
                break
            time.sleep(0.2)
            status, job = self.ask("GET", f"/api/dreams/{job['name']}")
        if status != 200 or job["state"] == "failed":
            return (job["error"] if isinstance(job, dict) else job), 0.0
        status, content = self.ask("GET", f"/api/dreams/{job['name']}/sound")
        assert content[:4] == b"RIFF", (status, content[:80])
        return "made", time.perf_counter() - started


def order(kind, rng):
    """Path and body of a request for a dream of a kind."""
    first, second = rng.choice(CLIPS), rng.choice(CLIPS)
    layer, name = rng.choice(LAYERS), rng.choice(CLASSES)
    strength, split = f"strength={rng.random():.2f}", f"split={len(first)}"
    preset = f"preset={rng.choice(('gentle', 'default', 'vivid', 'heard'))}"
    if kind == "style":
        network = rng.choice(("random_convolution", "sound_texture", "log_mel_cnn"))
        return f"/api/styles?network={network}&steps=5&{strength}&{split}", first + second
    path, body = {
        "layer": (f"{DREAM}&on={layer}&{strength}", first),
        "class": (f"{DREAM}&on={name}&{strength}", first),
        "preset": (f"{DREAM}&on={name}&{preset}", first),
        "long preset": (f"{DREAM}&on={layer}&preset=natural_dreams", first),
        "guide": (f"{DREAM}&on={layer}&{strength}&{split}", first + second),
        "begun": (f"{DREAM}&on={name}&preset=heard&{split}", first + second),
    }[kind]
    return path, body


def resident(process):
    """Megabytes that a process has in memory."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1000


def start():
    """The server's process, its port, and the file of what it says."""
    command = [sys.executable, "-m", "keras_sounddream.cli.main", "demo", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, text=True, env=environment, **pipes)
    said = []
    threading.Thread(target=lambda: said.extend(process.stderr), daemon=True).start()
    return process, int(re.search(r":(\d+)/", process.stdout.readline())[1]), said


def warm_up(port):
    """Makes each graph once: what memory it takes is not a leak."""
    visitor, rng = Visitor(port), random.Random(1)
    body, split = CLIPS[0] + CLIPS[1], f"split={len(CLIPS[0])}"
    for network in ("random_convolution", "sound_texture", "log_mel_cnn"):
        path = f"/api/styles?network={network}&steps=5&strength=0.5&{split}"
        assert visitor.dream(path, body)[0] == "made"
    for kind in dict.fromkeys(KINDS):
        made, _ = visitor.dream(*order(kind, rng))
        assert made == "made", (kind, made)


def at_once(port):
    """Twenty visitors who each have a sound recognised and dreamed: their seconds."""
    results = []

    def visit(number):
        visitor, rng = Visitor(port), random.Random(number)
        assert visitor.ask("POST", CLASSIFY, rng.choice(CLIPS))[0] == 200
        results.append(visitor.dream(*order(KINDS[number % 6], rng)))

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(VISITORS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [made for made, _ in results] == ["made"] * VISITORS
    return [seconds for _, seconds in results]


def refused(port):
    """Sends all rubbish once; how many requests each status answers, and failed dreams."""
    visitor, answers = Visitor(port), {}
    wrong, huge = rubbish()
    for method, path, body in [*wrong, huge]:
        for headers in ({}, {"Content-Type": "application/x-rubbish"}):
            status, content = visitor.ask(method, path, body, **headers)
            _check_refusal(status, content, path)
            answers[status] = answers.get(status, 0) + 1
    failed = 0
    for first, second in itertools.product([*NO_SOUND, CLIPS[0]], NO_SOUND):
        style = "/api/styles?network=sound_texture&strength=0.5&steps=5"
        for path in (style, f"{DREAM}&on=block3_conv2&strength=0.5"):
            error, _ = visitor.dream(f"{path}&split={len(first)}", first + second)
            text = error if isinstance(error, str) else json.loads(error)["error"]
            assert text != "made", (path, first[:20], second[:20])
            _check_sentence(text, path)
            failed += 1
    return answers, failed


def _check_refusal(status, content, path):
    assert 400 <= status < 500, (status, path)
    _check_sentence(json.loads(content)["error"], path, may_be_empty=status == 413)


def _check_sentence(sentence, path, may_be_empty=False):
    assert sentence or may_be_empty, path
    assert not re.search(r"Traceback|/tmp|etc/passwd|failed: try another", sentence), sentence


def soak(process, port, count, minutes):
    """Requests of each answer, dreams made, and memory at some points."""
    visitor, rng = Visitor(port), random.Random(0)
    wrong, _ = rubbish()
    answers, memory, made, end = {}, [(0, resident(process))], 0, time.monotonic() + 60 * minutes
    while made < count and time.monotonic() < end:
        became, _ = visitor.dream(*order(rng.choice(KINDS), rng))
        assert became == "made", became
        others = [
            visitor.ask("POST", CLASSIFY, rng.choice(CLIPS)),
            visitor.ask(*rng.choice(wrong)),
            visitor.ask("GET", rng.choice(["/", "/js/main.mjs", "/page.json"])),
        ]
        made += 1
        for status in (200, *(other[0] for other in others)):
            answers[status] = answers.get(status, 0) + 1
        if made % EVERY == 0:
            memory.append((made, resident(process)))
            print(*memory[-1], flush=True)
    if memory[-1][0] < made:
        memory.append((made, resident(process)))
    return made, answers, memory


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else DAY
    minutes = float(sys.argv[2]) if len(sys.argv) > 2 else 24 * 60.0
    process, port, said = start()
    load = os.getloadavg()[0]
    try:
        warm_up(port)
        seconds = at_once(port)
        print(sorted(seconds), flush=True)
        rubbish_answers, failed = refused(port)
        print(rubbish_answers, failed, flush=True)
        started = time.perf_counter()
        made, answers, memory = soak(process, port, count, minutes)
        took = (time.perf_counter() - started) / 60
    finally:
        process.terminate()
        code = process.wait(60)
    tracebacks = sum("Traceback" in line for line in said)
    write(load, seconds, rubbish_answers, failed, made, answers, memory, took, code, tracebacks)


def in_words(answers):
    return ", ".join(f"{number} × {status}" for status, number in sorted(answers.items()))


def write(load, seconds, refusals, failed, made, answers, memory, minutes, code, tracebacks):
    """Writes the page of figures."""
    rows = "\n".join(f"| {number} | {megabytes:,.0f} |" for number, megabytes in memory)
    growth = [1000 * (m1 - m0) / (n1 - n0) for (n0, m0), (n1, m1) in itertools.pairwise(memory)]
    day = "All of it was made." if made >= DAY else (
        f"**Only {made} of them, {made / DAY:.0%} of a day, were made here**: the time was up."
    )  # fmt: skip
    PAGE.write_text(f"""# The demo server: twenty visitors, rubbish, and a soak

Written by `benchmarks/demo.py` on {os.cpu_count()} cores; the load average was {load:.1f} when it
began, and other work shared them. [The server](../../deploy/demo.md) has
`LogMelCNN`; a dream is of 1 or 1.5 s of sound, and the fewest steps: 20, of the presets `heard` and of styles 15, of
`natural_dreams` 75. The dreams are of all kinds in turn: layers, classes, presets, guides, classes begun with a
second sound, and three networks' styles.

**Twenty visitors at once**, each with a sound to be recognised and a dream: all of them got theirs, the first
after {min(seconds):.1f} s, half of them within {statistics.median(seconds):.1f} s, the last after {max(seconds):.1f} s.

**Rubbish**: {sum(refusals.values())} requests of unknown networks, styles and presets, names like paths, choices that are missing,
double or out of range, second sounds that are not there, wrong types of content, and 21 MB at once. Answers by
status: {in_words(refusals)}, each with a sentence. {failed} requests for a guide or a
style in which one sound or both are none: refused, or failed with a sentence. Tracebacks that the server wrote
in all of this and in the soak: {tracebacks}.

**A soak**: a day of a room is taken as {DAY} dreams, one every 30 s for 8 hours. {day}
They were asked for one after another, each beside three other requests: a sound to be recognised, rubbish, and a
file of the page. It took {minutes:.1f} minutes. Answers by status: {in_words(answers)}.
The server ended with code {code} when it was asked to. Every kind of graph had been made before. Memory grew by
{growth[0]:.0f} kB a dream between the first two rows, and by {growth[-1]:.0f} kB a dream between the last two.

| dreams made | memory, MB |
|---|---|
{rows}
""")


if __name__ == "__main__":
    main()
