// The page: a sound comes in, is recognised, dreamed and heard again.

import { NetworkFileError } from "./dream/metadata.mjs";
import { checked, decode, withinOne } from "./sound/decode.mjs";
import { SoundError, writeWav } from "./sound/wav.mjs";
import { spectrogram } from "./sound/spectrum.mjs";
import { byId, fields, fillForm, fillTerms, readChoice, showReach } from "./view/fields.mjs";
import { showHeard } from "./view/heard.mjs";
import { linkTo, readLink } from "./view/link.mjs";
import { Naming } from "./view/naming.mjs";
import { draw } from "./view/picture.mjs";
import { Players } from "./view/players.mjs";
import { record } from "./view/record.mjs";

const RECORDED = [3, 10]; // s, least and most
const players = new Players(byId("a"), byId("b"), byId("switch"), byId("download"));
const naming = new Naming();
let page, network, dreamer, offers, sound = null, heard = null, hearing = false;

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
    showReach(page.filters);
    connect();
    dreamer = await openDreamer();
    const { threads } = await dreamer.ready;
    byId("record").disabled = false;
    byId("naming").hidden = Boolean(page.server);
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
  fillTerms(network, page.filters);
  showReach(page.filters);
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
  byId("on").onchange = () => showReach(page.filters);
  byId("network").onchange = ({ target }) => guard(() => openFile(target.files[0], openNetwork));
  byId("namer").onchange = () => guard(hearAgain);
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
    guard(() => openFile(file, file?.name.endsWith(".onnx") ? openNetwork : openSoundFile));
  });
}

async function openFile(file, open = openSoundFile) {
  if (!file || byId("file").disabled) return; // or dropped during a dream
  await open(file);
}

async function openSoundFile(file) {
  byId("start").value = 0;
  await openSound(await file.arrayBuffer(), file.name);
}

// Has a file of the visitor's recognise what the page's own network did.
async function openNetwork(file) {
  if (page.server) throw new SoundError("This page recognises on its server: choose a sound.");
  say(`${file.name} is being read.`);
  const { name, labels, rate } = await naming.open(file, network);
  await hearAgain();
  say(`${name} recognises ${labels.length} classes, at ${rate} Hz.`);
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
  sound = { samples, name, file, begins, sent: isPiece ? writeWav(samples, network.rate) : file };
  draw(byId("before"), spectrogram(samples), network.rate);
  draw(byId("after"), spectrogram(samples), network.rate);
  players.show(network.rate, samples);
  byId("rise").textContent = "";
  byId("dream").disabled = false;
  await hear(sound, "sound");
  dreamer.prepare();
  say(isPiece
    ? `${name} lasts ${seconds.toFixed(0)} s: ${most} s of it are used, from ${begins} s on. ` +
      "Choose where below."
    : `${name}, ${seconds.toFixed(1)} s, is ready to be dreamed.`);
}

// Shows what is recognised, `of` the sound or the dream: `{samples, sent}`, or of a `file`.
async function hear(own, of) {
  heard = [own, of];
  const { name, rate, labels, dreamer: by } = naming.chosen(network, dreamer);
  if (labels.length === 0) return;
  const at = rate === network.rate ? own.samples : await readAt(rate, own);
  showHeard(byId("heard"), await by.classify({ sound: at, file: own.sent, model: name }));
  byId("of").textContent = `in the ${of}${by === dreamer ? "" : `, by ${name}`}`;
}

async function hearAgain() {
  if (heard) await hear(...heard);
}

// A sound at another rate than the page's network has.
async function readAt(rate, { file, sent, begins = 0 }) {
  const { sound: read } = await decode(file ?? sent, rate, page.most_seconds, begins);
  return withinOne(read);
}

async function recordSound() {
  const samples = await record(network.rate, RECORDED, (last) => {
    if (hearing) return;
    hearing = true;
    hear({ samples: last, sent: writeWav(last, network.rate) }, "last seconds").catch(() => {})
      .finally(() => { hearing = false; });
  }).finally(() => { byId("record").onclick = () => guard(recordSound); });
  byId("start").value = 0;
  await openSound(writeWav(samples, network.rate), "The recording");
}

async function dreamSound() {
  const form = readChoice(network, page.filters), own = sound, started = performance.now();
  const choice = await offers?.choose(form) ?? form, { title = named(choice) } = choice;
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
  byId("download").download = `dream_${choice.on.replaceAll(":", "_")}.wav`;
  byId("rise").textContent = choice.filter
    ? `The filter ${choice.filter.shown} made this dream in one pass.`
    : `The objective, ${choice.title ?? choice.on}, rose from ${short(rise[0])} to ` +
      `${short(rise.at(-1))} in ${last.done} steps.`;
  await hear({ samples: made, sent: last.file ?? writeWav(made, network.rate) }, "dream");
  const elapsed = (performance.now() - started) / 1000;
  const seconds = elapsed.toFixed(elapsed < 10 ? 1 : 0);
  say(last.stopped ? `Stopped after ${last.done} of ${last.total} steps: B plays the dream so far.`
    : `Dreamed in ${seconds} s: compare A and B.`);
}

function setDreaming(is) {
  byId("dream").disabled = byId("record").disabled = byId("file").disabled = is;
  byId("network").disabled = byId("namer").disabled = is;
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

const named = ({ on, filter }) => filter ? `${filter.shown}, by a filter` : on;

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
    const isTold = error instanceof SoundError || error instanceof NetworkFileError;
    if (!isTold) console.error(error);
    say(error.message, true);
  }
}
