"""A server of this machine that sends files well or badly, by the beginning of the path."""

import contextlib
import http.server
import threading
import time


class FileServer:
    """A running server.

    Attributes:
        address: "http://127.0.0.1:PORT".
        content: bytes that it sends, by name.
        asked: list of the paths that were asked for, and of the first byte each.
        slow_seconds: time to wait before an answer.
    """

    def __init__(self):
        self.content, self.asked, self.slow_seconds = {}, [], 0.0
        handler = type("Handler", (_Handler,), {"files": self})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    @contextlib.contextmanager
    def running(self):
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    """`/KIND/NAME`: see the methods named after a kind; a number is answered as a status."""

    files: FileServer

    def do_GET(self):
        kind, _, name = self.path.strip("/").partition("/")
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        self.files.asked.append((self.path, start))
        time.sleep(self.files.slow_seconds)
        content = self.files.content.get(name, b"")
        if kind.isdecimal():
            self.send_error(int(kind))
        else:
            getattr(self, kind)(content, start)

    def whole(self, content, start):
        """Sends all, whatever part is asked for."""
        self._send(200, content)

    def ranges(self, content, start):
        """Sends the part that is asked for."""
        if start > len(content):
            self.send_error(416)
        elif start:
            end = len(content) - 1
            self._send(206, content[start:], {"Content-Range": f"bytes {start}-{end}/{end + 1}"})
        else:
            self._send(200, content)

    def breaks(self, content, start):
        """Breaks off after a third of all, or goes on with a third from where it is asked."""
        self._begin(206 if start else 200, len(content) - start, _range(content, start))
        self.wfile.write(content[start : start + len(content) // 3])

    def breaks_whole(self, content, start):
        """Breaks off in the first answer, and begins anew in the second."""
        self._begin(200, len(content), {})
        self.wfile.write(content[: len(content) // 2] if len(self.files.asked) == 1 else content)

    def wrong_range(self, content, start):
        """Answers a question for a part by another one."""
        if start:
            self._send(206, content[1:], {"Content-Range": f"bytes 1-9/{len(content)}"})
        else:
            self._send(200, content)

    def page(self, content, start):
        """Sends a page that says that there is no such file, as if it were the file."""
        self._send(200, b"<html>Sign in</html>", {"Content-Type": "text/html; charset=utf-8"})

    def other(self, content, start):
        """Sends another file of the same length."""
        self._send(200, bytes(len(content)))

    def longer(self, content, start):
        self._send(200, content + b"more")

    def endless(self, content, start):
        """Sends more than the file, without a length."""
        self._begin(200, None, {})
        with contextlib.suppress(OSError):
            for _ in range(1000):
                self.wfile.write(content)

    def stalls(self, content, start):
        """Sends the first bytes, and then nothing."""
        self._begin(200, len(content), {})
        self.wfile.write(content[:16384])
        self.wfile.flush()
        time.sleep(4)

    def silent(self, content, start):
        time.sleep(4)

    def circle(self, content, start):
        self._redirect(self.path)

    def moved(self, content, start):
        self._redirect(self.path.replace("/moved/", "/ranges/"))

    def moved_away(self, content, start):
        self._redirect("ftp://127.0.0.1/file")

    def log_message(self, *words):
        pass

    def _send(self, status, content, headers=None):
        self._begin(status, len(content), headers or {})
        with contextlib.suppress(OSError):
            self.wfile.write(content)

    def _redirect(self, where):
        self._begin(302, 0, {"Location": where})

    def _begin(self, status, length, headers):
        self.send_response(status)
        headers = {"Content-Type": "application/octet-stream", **headers}
        for name, value in {**headers, "Content-Length": length}.items():
            if value is not None:
                self.send_header(name, str(value))
        self.end_headers()


def _range(content, start):
    return {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
