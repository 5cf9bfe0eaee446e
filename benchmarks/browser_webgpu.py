"""Runs the page's networks by WebGPU in Chromium, beside WebAssembly: whether they give the same.

    python benchmarks/browser_webgpu.py FOLDER

FOLDER is a page that `sounddream web` wrote. Writes docs/benchmarks/export/browser_webgpu.md. On
a machine without a graphics processor Chromium's software adapter is taken, SwiftShader: it tells
whether the outputs are the same, not how quick a graphics processor is.
"""

import gzip
import json
import os
import pathlib
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "web"), str(ROOT / "benchmarks")]
import browser as page_benchmark  # noqa: E402
import cdp  # noqa: E402

from keras_sounddream.applications.fetching import fetch  # noqa: E402
from keras_sounddream.web.runtime import PACKAGE, VERSION  # noqa: E402

PAGE = ROOT / "docs" / "benchmarks" / "export" / "browser_webgpu.md"
RUNTIME = ("ort.webgpu.min.mjs", "ort-wasm-simd-threaded.asyncify.mjs",
           "ort-wasm-simd-threaded.asyncify.wasm")  # fmt: skip
FLAGS = ("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader")
NETWORKS = {"classify": "scores", "filter_0": "filtered", "dream": "dream"}
SECONDS, RUNS = 1.0, 2  # of sound; of each network, the first apart
EXACT = 1e-4  # of the output's peak: what the tests ask of the page
_ADAPTER = """navigator.gpu?.requestAdapter().then((one) => one &&
  `${one.info.vendor} ${one.info.architecture} ${one.info.isFallbackAdapter ? "(software)" : ""}`)"""
_RUN = """(async (name, output, seconds, runs) => {
  const root = new URL(".", location.href).href;
  const ort = await import(`${root}gpu/ort.webgpu.min.mjs`);
  const { boundsAt } = await import(`${root}page/js/dream/loop.mjs`);
  Object.assign(ort.env.wasm, { wasmPaths: `${root}gpu/`, numThreads: 1 });
  const page = await (await fetch("page/page.json")).json(), [network] = page.networks;
  const file = await (await fetch(`page/models/${name}.onnx`)).arrayBuffer();
  const filter = page.filters[0], terms = network.groups.flatMap((group) => group.terms);
  const tensor = (data, shape) =>
    new ort.Tensor(data.constructor === Int32Array ? "int32" : "float32", data, shape);
  const zeros = (shape) => tensor(new Float32Array(shape.reduce((a, b) => a * b)), shape);
  const length = name.startsWith("filter") ? filter.samples : seconds * network.rate;
  const sound = Float32Array.from({ length }, (_, i) => // a glide that comes and goes
    0.3 * Math.sin(i * (0.05 + 1e-6 * i)) * Math.abs(Math.sin(i / 4000)));
  const inputs = { waveform: tensor(sound, [1, length]) };
  if (name.startsWith("filter")) {
    for (const [key, shape] of Object.entries(filter.state)) inputs[key] = zeros(shape);
  } else if (name === "dream") Object.assign(inputs, {
    mask: zeros([1, 1, network.bins]),
    weights: tensor(Float32Array.from(terms, (t) => Number(t.name === network.chosen)),
      [1, terms.length]),
    place: tensor(Int32Array.of(0, 0), [2]),
    bounds: tensor(Float32Array.from(boundsAt(0.5, network.strengths)), [4]),
    smoothing: tensor(Float32Array.of(0), []),
  });
  const found = { webgpu: [] }, outputs = {};
  for (const provider of ["wasm", "webgpu"]) {
    const session = await ort.InferenceSession.create(new Uint8Array(file),
      { executionProviders: [provider] });
    const times = [];
    for (let run = 0; run < runs; run++) {
      const start = performance.now();
      const made = await session.run(inputs).catch(({ message }) => ({ error: message }));
      if (made.error) return JSON.stringify({ ...found, error: made.error });
      outputs[provider] = made[output].data;
      times.push((performance.now() - start) / 1000);
    }
    found[provider] = times;
  }
  const peak = outputs.wasm.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const apart = outputs.wasm.reduce((most, x, i) =>
    Math.max(most, Math.abs(x - outputs.webgpu[i])), 0);
  return JSON.stringify({ ...found, difference: apart / peak });
})"""


def measure(folder):
    """The adapter, and for each network seconds by both ways and their relative difference."""
    with tempfile.TemporaryDirectory() as temporary:
        root = pathlib.Path(temporary)
        (root / "page").symlink_to(folder.resolve())
        (root / "gpu").mkdir()
        (root / "index.html").write_text("<!doctype html><title>WebGPU</title>")
        weight = unpack(root / "gpu")
        plain = cdp.Browser(root / "plain")
        found = {"plain": ask(plain, root, _ADAPTER), "weight": weight, "networks": {}}
        plain.close()
        browser = cdp.Browser(root / "browser", *FLAGS)
        found["software"] = ask(browser, root, _ADAPTER)
        for name, output in NETWORKS.items():
            given = ", ".join(map(json.dumps, (name, output, SECONDS, RUNS)))
            answer = json.loads(ask(browser, root, f"{_RUN}({given})"))
            found["networks"][name] = answer
            print(name, answer, flush=True)
        browser.close()
    return found


def ask(browser, root, expression):
    """Value of an expression in a page of its own beside the networks."""
    browser.open(page_benchmark.serve(root, isolated=False))
    browser.wait("document.title === 'WebGPU'")
    return browser.run(expression)


def unpack(folder):
    """Writes the files of ONNX Runtime that run WebGPU; their bytes compressed."""
    size = 0
    with tarfile.open(fetch(PACKAGE)) as archive:
        for name in RUNTIME:
            content = archive.extractfile(f"package/dist/{name}").read()
            (folder / name).write_bytes(content)
            size += len(gzip.compress(content, 9))
    return size


def row(name, one):
    """A line of the table out of what a network gave."""
    cells = [name, f"{one['wasm'][-1]:.2f}"]
    if "error" in one:
        return f"| {' | '.join([*cells, 'does not run', '', ''])} |"
    quick = [f"{one['webgpu'][0]:.1f}", f"{one['webgpu'][-1]:.2f}"]
    return f"| {' | '.join([*cells, *quick, format(one['difference'], '.1e')])} |"


def verdict(networks):
    """Sentences about what agrees, and about what does not run and why."""
    ran = {name: one["difference"] for name, one in networks.items() if "error" not in one}
    far = [name for name, difference in ran.items() if difference > EXACT]
    agree = "Those that run agree" if not far else f"{', '.join(far)} does not agree"
    reasons = [
        f'"{name}" does not run: "{one["error"].strip().split("was false. ")[-1]}"'
        for name, one in networks.items()
        if "error" in one
    ]
    return "\n\n".join([f"{agree} to {EXACT:.0e} of the peak, as the tests ask.", *reasons])


def write(found):
    """Writes the page of figures."""
    rows = [row(*pair) for pair in found["networks"].items()]
    plain = f'the adapter "{found["plain"]}"' if found["plain"] else "no adapter"
    PAGE.write_text(f"""# The page's networks by WebGPU

Written by `benchmarks/browser_webgpu.py` on {os.cpu_count()} cores (load {os.getloadavg()[1]:.1f}), with ONNX
Runtime {VERSION} in headless Chromium. [The page](../../browser.md) does not use WebGPU.

Without flags Chromium offers {plain} here. With `{" ".join(FLAGS)}` it
offers "{found["software"].strip()}", which computes on the processor: **it tells whether the outputs are
the same, and its times are no graphics processor's.**

| network | WebAssembly, s | WebGPU, first run, s | WebGPU, s | largest difference, of the peak |
|---|---|---|---|---|
{chr(10).join(rows)}

One run on {SECONDS:g} s of sound; "filter_0" takes a piece of 0.5 s, "dream" is one step. The first run also
compiles shaders. ONNX Runtime's files for WebGPU are {found["weight"] / 1e6:.2f} MB compressed.

{verdict(found["networks"])}
""")


if __name__ == "__main__":
    write(measure(pathlib.Path(sys.argv[1])))
