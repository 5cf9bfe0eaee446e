// The page: a sound comes in, is recognised, dreamed and heard again.

import { checked, decode } from "./sound/decode.mjs";
import { SoundError, writeWav } from "./sound/wav.mjs";
import { spectrogram } from "./sound/spectrum.mjs";
import { byId, fields, fillForm, fillTerms, readChoice } from "./view/fields.mjs";
import { showHeard } from "./view/heard.mjs";
import { linkTo, readLink } from "./view/link.mjs";
import { draw } from "./view/picture.mjs";
import { Players } from "./view/players.mjs";
import { record } from "./view/record.mjs";

const RECORDED = [3, 10]; // s, least and most
const players = new Players(byId("a"), byId("b"), byId("switch"), byId("download"));
let page, network, dreamer, offers, sound = null, hearing = false;

start();

async function start() {
  await guard(async () => {
    page = await (await fetch("page.json")).json();
    fillForm(page);
    readLink(location.hash, { model: byId("model") });
    chooseNetwork();
    if (page.offers) await openOffers();
    readLink(location.hash, fields());
    offers?.show();
    byId("strong").value = byId("strength").value;
    connect();
    dreamer = await openDreamer();
    const { threads } = await dreamer.ready;
    byId("record").disabled = false;
    say(`Ready${threads > 1 ? `, on ${threads} threads` : ""}: record a sound, choose a file or ` +
      "an example.");
  });
}

// Fields of what a server offers beyond this device.
async function openOffers() {
  const { Offers } = await import("./view/offers.mjs");
  offers = new Offers(page, () => sound, guard);
}

async function openDreamer() {
  if (!page.server) {
    navigator.serviceWorker?.register("sw.js").catch(() => {}); // without it: no use offline
    return new (await import("./dream/local.mjs")).LocalDreamer(network);
  }
  byId("privacy").textContent = page.server;
  return new (await import("./dream/remote.mjs")).RemoteDreamer();
}

function chooseNetwork() {
  network = page.networks.find(({ name }) => name === byId("model").value);
  fillTerms(network);
}

function connect() {
  byId("record").onclick = () => guard(recordSound);
  byId("file").onchange = ({ target }) => guard(() => openFile(target.files[0]));
  byId("start").oninput = () => { byId("begins").value = `${byId("start").value} s`; };
  byId("start").onchange = () => guard(() => openSound(sound.file, sound.name));
  byId("model").onchange = () => guard(async () => {
    chooseNetwork();
    if (sound) await openSound(sound.file, sound.name);
  });
  byId("strength").oninput = () => { byId("strong").value = byId("strength").value; };
  byId("choices").onsubmit = (event) => {
    event.preventDefault();
    guard(dreamSound);
  };
  byId("stop").onclick = () => dreamer.stop();
  byId("share").onclick = () => guard(share);
  connectDrop();
  byId("examples").replaceChildren(...page.examples.map(({ title, file }) => {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    button.textContent = title;
    button.onclick = () => guard(async () =>
      openFile(Object.assign(await (await fetch(file)).blob(), { name: title })));
    return button;
  }));
}

function connectDrop() {
  const over = (is) => (event) => {
    event.preventDefault();
    byId("drop").classList.toggle("over", is);
  };
  addEventListener("dragover", over(true));
  addEventListener("dragleave", over(false));
  addEventListener("drop", (event) => {
    over(false)(event);
    const [file] = event.dataTransfer.files;
    guard(() => openFile(file));
  });
}

async function openFile(file) {
  if (!file || byId("file").disabled) return; // or dropped during a dream
  byId("start").value = 0;
  await openSound(await file.arrayBuffer(), file.name);
}

// Reads a file's sound, shows it, and what is recognised in it.
async function openSound(file, name) {
  say(`${name} is being read.`);
  const begins = Number(byId("start").value), most = page.most_seconds;
  const { sound: read, seconds } = await decode(file, network.rate, most, begins);
  const samples = checked(read, network.rate, network.least_seconds);
  const isPiece = seconds > most;
  byId("piece").hidden = !isPiece;
  byId("start").max = Math.max(0, Math.floor(2 * (seconds - most)) / 2);
  byId("begins").value = `${begins} s`;
  sound = { samples, name, file, sent: isPiece ? writeWav(samples, network.rate) : file };
  draw(byId("before"), spectrogram(samples), network.rate);
  draw(byId("after"), spectrogram(samples), network.rate);
  players.show(network.rate, samples);
  byId("rise").textContent = "";
  byId("dream").disabled = false;
  await hear(samples, sound.sent, "sound");
  dreamer.prepare();
  say(isPiece
    ? `${name} lasts ${seconds.toFixed(0)} s: ${most} s of it are used, from ${begins} s on. ` +
      "Choose where below."
    : `${name}, ${seconds.toFixed(1)} s, is ready to be dreamed.`);
}

// Shows what is recognised, `of` the sound or the dream.
async function hear(samples, file, of) {
  if (network.labels.length === 0) return;
  showHeard(byId("heard"), await dreamer.classify({ sound: samples, file, model: network.name }));
  byId("of").textContent = `in the ${of}`;
}

async function recordSound() {
  const samples = await record(network.rate, RECORDED, (last) => {
    if (hearing) return;
    hearing = true;
    hear(last, writeWav(last, network.rate), "last seconds").catch(() => {})
      .finally(() => { hearing = false; });
  }).finally(() => { byId("record").onclick = () => guard(recordSound); });
  byId("start").value = 0;
  await openSound(writeWav(samples, network.rate), "The recording");
}

async function dreamSound() {
  const form = readChoice(network), own = sound, started = performance.now();
  const choice = await offers?.choose(form) ?? form, { title = choice.on } = choice;
  const rise = [];
  setDreaming(true);
  say(`Dreaming on ${title}.`);
  const last = await dreamer.dream({ sound: own.samples, file: own.sent, choice }, (step) => {
    rise.push(step.objective);
    byId("progress").value = step.done / step.total;
    if (step.dream) draw(byId("after"), spectrogram(step.dream), network.rate);
  }, (ahead) => say(`Dreams before yours: ${ahead}.`)).finally(() => setDreaming(false));
  const made = last.dream ?? (await decode(last.file, network.rate, page.most_seconds)).sound;
  draw(byId("after"), spectrogram(made), network.rate);
  players.show(network.rate, own.samples, made, last.file && [own.sent, last.file]);
  byId("download").download = `dream_${choice.on}.wav`;
  byId("rise").textContent = `The objective, ${title}, rose from ${short(rise[0])} to ` +
    `${short(rise.at(-1))} in ${last.done} steps.`;
  await hear(made, last.file ?? writeWav(made, network.rate), "dream");
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  say(last.stopped ? `Stopped after ${last.done} of ${last.total} steps: B plays the dream so far.`
    : `Dreamed in ${seconds} s: compare A and B.`);
}

function setDreaming(is) {
  byId("dream").disabled = byId("record").disabled = byId("file").disabled = is;
  byId("examples").querySelectorAll("button").forEach((one) => { one.disabled = is; });
  byId("start").disabled = byId("model").disabled = is;
  byId("stop").disabled = !is;
  byId("progress").value = 0;
}

async function share() {
  const link = linkTo(location, fields());
  history.replaceState(null, "", link);
  const copied = await navigator.clipboard?.writeText(link).then(() => true, () => false);
  say(`The link is ${copied ? "copied" : "in the address bar"}: it holds the settings, no sound.`);
}

function short(number) {
  return Number(number.toPrecision(3)).toString();
}

function say(sentence, isError = false) {
  byId("status").textContent = sentence;
  byId("status").classList.toggle("error", isError);
}

// Runs something, and says what went wrong in it.
async function guard(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof SoundError)) console.error(error);
    say(error.message, true);
  }
}
