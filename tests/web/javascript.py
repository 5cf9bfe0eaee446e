"""Calls functions of the page's modules in Node."""

import base64
import json
import pathlib
import shutil
import subprocess

import numpy as np
import pytest

import keras_sounddream

PAGE = pathlib.Path(keras_sounddream.__file__).parent / "web" / "page"
_CALL = """
const [module, name] = process.argv.slice(1);
const text = await new Response(process.stdin).text();
const revive = (_, v) => v?.float32 === undefined ? v
  : new Float32Array(Uint8Array.from(Buffer.from(v.float32, "base64")).buffer);
const show = (_, v) => v instanceof ArrayBuffer ? { bytes: Buffer.from(v).toString("base64") }
  : ArrayBuffer.isView(v) ? { float32: Buffer.from(Float32Array.from(v).buffer).toString("base64") }
  : v;
const given = JSON.parse(text, revive).map((v) => v?.bytes === undefined ? v
  : Uint8Array.from(Buffer.from(v.bytes, "base64")).buffer);
try {
  const answer = (await import(module))[name](...given);
  console.log(JSON.stringify(await answer, show));
} catch (error) {
  console.log(JSON.stringify({ error: error.message }));
}
"""


def run_node(script, *arguments, given=""):
    """Standard output of a module of JavaScript; skips where Node is absent."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node: `apt install nodejs`")
    command = [node, "--input-type=module", "-e", script, "--", *map(str, arguments)]
    run = subprocess.run(command, input=given, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr[-3000:]
    return run.stdout


def call(module, name, *arguments):
    """What a function of a module returns; float32 arrays and bytes go in and come out as such.

    A dict with `error` where it throws.
    """
    given = json.dumps([_sent(each) for each in arguments])
    out = run_node(_CALL, (PAGE / "js" / module).as_uri(), name, given=given)
    return json.loads(out, object_hook=_received)


def _sent(value):
    if isinstance(value, np.ndarray):
        return {"float32": base64.b64encode(value.astype("<f4").tobytes()).decode()}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    return [_sent(each) for each in value] if isinstance(value, list) else value


def _received(value):
    if "float32" in value:
        return np.frombuffer(base64.b64decode(value["float32"]), "<f4")
    return base64.b64decode(value["bytes"]) if "bytes" in value else value
