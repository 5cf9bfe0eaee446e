// The worker: runs the networks, beside the page.

import * as ort from "../../ort/ort.wasm.min.mjs";
import { classify, openNetwork } from "./networks.mjs";
import { filtered } from "./filter.mjs";
import { dream } from "./loop.mjs";

const MOST_THREADS = 4;
const root = new URL("../../", import.meta.url);
ort.env.wasm.wasmPaths = new URL("ort/", root).href;
ort.env.wasm.numThreads = self.crossOriginIsolated
  ? Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1) : 1;

const networks = {};
let page, stopped = false, queue = Promise.resolve();

const TASKS = {
  open: async (given) => {
    page = given;
    if (page.bytes) await take(new Uint8Array(page.bytes));
    else if (page.labels.length) await open("classify");
    return { threads: ort.env.wasm.numThreads };
  },
  prepare: async () => { await open("dream"); },
  classify: async ({ sound }) => classify(await open("classify"), sound, page.labels),
  dream: async ({ sound, choice }, id) => {
    stopped = false;
    let last = null;
    for await (last of await steps(sound, choice)) {
      postMessage({ id, step: last });
      await breath();
      if (stopped) break;
    }
    return { ...last, stopped };
  },
};

onmessage = ({ data: { id, task, given } }) => {
  if (task === "stop") {
    stopped = true;
    return;
  }
  queue = queue.then(() => TASKS[task](given, id)).then(
    (answer) => postMessage({ id, answer }),
    (error) => postMessage({ id, error: String(error?.message ?? error) }),
  );
};

// Has a file's bytes recognise, once they have recognised a second of silence.
async function take(bytes) {
  networks.classify = openNetwork(ort, bytes);
  await classify(await networks.classify, new Float32Array(page.rate), page.labels);
}

// The steps of a dream, by its ascent or by a filter.
async function steps(sound, choice) {
  const { filter } = choice;
  if (filter) return filtered(await open(filter.file), sound, page.rate, filter);
  return dream(await open("dream"), sound, choice, page);
}

// The network of a file, which is fetched and opened once.
async function open(name) {
  networks[name] ??= fetchFile(`models/${name}.onnx`).then((bytes) => openNetwork(ort, bytes));
  return networks[name].catch((error) => {
    delete networks[name]; // so that another try is one
    throw error;
  });
}

async function fetchFile(path) {
  const answer = await fetch(new URL(path, root)).catch(() => ({ status: "no connection" }));
  if (!answer.ok) {
    throw new Error(`${path} cannot be fetched (${answer.status}): try again, or reload the page.`);
  }
  return new Uint8Array(await answer.arrayBuffer());
}

// Lets messages in, such as one to stop: also where timers rest, in a tab behind others.
function breath() {
  return new Promise((go) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      go();
    };
    port2.postMessage(null);
  });
}
