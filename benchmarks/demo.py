"""Twenty visitors at once at `sounddream demo`, and a soak of some hundred requests.

    python benchmarks/demo.py [DREAMS]

Starts the server on this machine, and sends it sounds, dreams and rubbish; DREAMS, by default 300, is
how many are dreamed in the soak. Writes docs/benchmarks/robustness/demo.md.
"""

import http.client
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

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks" / "robustness" / "demo.md"
CHOICE = "/api/dreams?model=log_mel_cnn&on={}&strength={}&steps=5"
NAMES = ("block1_conv2", "block3_conv2", "block4_conv2", "dog", "rooster", "rain")
VISITORS, CHECKS = 20, 10  # points at which memory is looked at
SOUNDS = [path.read_bytes() for path in sorted((ROOT / "examples").glob("*.flac"))]
RUBBISH = [b"", b"RIFF", SOUNDS[0][:2000], bytes(range(256)) * 40, b"\0" * 21_000_000]


class Visitor:
    """A client of a server on a port of this machine."""

    def __init__(self, port):
        self.port = port

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (BrokenPipeError, ConnectionResetError):
            return 413, b""  # the server did not read to the end
        finally:
            connection.close()

    def dream(self, sound, on, strength):
        """Seconds until a dream is fetched, or the status of a refusal."""
        started = time.perf_counter()
        status, job = self.ask("POST", CHOICE.format(on, strength), sound)
        while status == 202 or status == 200:
            job = json.loads(job)
            if job["state"] in ("done", "failed"):
                break
            time.sleep(0.2)
            status, job = self.ask("GET", f"/api/dreams/{job['name']}")
        if status != 200 or job["state"] == "failed":
            return status, 0.0
        status, content = self.ask("GET", f"/api/dreams/{job['name']}/sound")
        assert content[:4] == b"RIFF", (status, content[:80])
        return status, time.perf_counter() - started


def resident(process):
    """Megabytes that a process has in memory."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1000


def start():
    """The server's process and its port."""
    command = [sys.executable, "-m", "keras_sounddream.cli.main", "demo", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    return process, int(re.search(r":(\d+)/", process.stdout.readline())[1])


def at_once(port):
    """Twenty visitors who each have a sound recognised and dreamed: their seconds."""
    results = []

    def visit(number):
        visitor, rng = Visitor(port), random.Random(number)
        sound = rng.choice(SOUNDS)
        assert visitor.ask("POST", "/api/classify?model=log_mel_cnn", sound)[0] == 200
        results.append(visitor.dream(sound, rng.choice(NAMES), rng.choice(("0.25", "0.5", "1"))))

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(VISITORS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status for status, _ in results] == [200] * VISITORS
    return [seconds for _, seconds in results]


def soak(process, port, count):
    """Requests of each answer, and memory at some points."""
    visitor, rng = Visitor(port), random.Random(0)
    answers, memory = {}, []
    for number in range(count):
        sound = rng.choice(SOUNDS)
        status, _ = visitor.dream(sound, rng.choice(NAMES), f"{rng.random():.2f}")
        others = [
            visitor.ask("POST", "/api/classify?model=log_mel_cnn", rng.choice(SOUNDS)),
            visitor.ask("POST", "/api/classify?model=log_mel_cnn", rng.choice(RUBBISH)),
            visitor.ask("GET", rng.choice(["/", "/js/main.mjs", "/nothing", "/api/dreams/no"])),
        ]
        for answered in (status, *(other[0] for other in others)):
            answers[answered] = answers.get(answered, 0) + 1
        if (number + 1) % max(1, count // CHECKS) == 0:
            memory.append((number + 1, resident(process)))
    return answers, memory


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    process, port = start()
    try:
        Visitor(port).dream(SOUNDS[0], NAMES[0], "0.5")
        seconds = at_once(port)
        started = time.perf_counter()
        answers, memory = soak(process, port, count)
        minutes = (time.perf_counter() - started) / 60
    finally:
        process.terminate()
        code = process.wait(60)
    write(count, seconds, answers, memory, minutes, code)


def write(count, seconds, answers, memory, minutes, code):
    """Writes the page of figures."""
    rows = "\n".join(f"| {number} | {megabytes:,.0f} |" for number, megabytes in memory)
    told = ", ".join(f"{number} × {status}" for status, number in sorted(answers.items()))
    PAGE.write_text(f"""# The demo server: twenty visitors, and a soak

Written by `benchmarks/demo.py` on {os.cpu_count()} cores, which other work shared. [The
server](../../deploy/demo.md) has `LogMelCNN`; a dream is of 2.9 to 4.6 s of sound and 20 steps.

**Twenty visitors at once**, each with a sound to be recognised and a dream: all of them got theirs, the first
after {min(seconds):.1f} s, half of them within {statistics.median(seconds):.1f} s, the last after {max(seconds):.1f} s.

**A soak of {count} dreams** one after another, of six layers and classes at random strengths, each beside
three other requests, a third of them rubbish: cut files, no sounds, 21 MB of zeros. It took {minutes:.1f} minutes.
Answers by status: {told}. The server ended with code {code} when it was asked to.

| dreams made | memory, MB |
|---|---|
{rows}
""")


if __name__ == "__main__":
    main()
