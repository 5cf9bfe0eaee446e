// The record button: a sound of some seconds, and what is recognised in it meanwhile.

import { level } from "../sound/decode.mjs";
import { openMicrophone } from "../sound/recorder.mjs";
import { SoundError } from "../sound/wav.mjs";
import { byId } from "./fields.mjs";

const EVERY = 250; // ms, between two looks at what has come
const PATIENCE = 5000; // ms, for a microphone that sends nothing
const LIVE_SECONDS = 2; // of the sound, which are recognised

// Records until `stopped` or for `most` seconds: the sound at `rate`.
export async function record(rate, [least, most], hear) {
  const button = byId("record"), recorder = await openMicrophone();
  const end = performance.now() + PATIENCE;
  let stopped = false;
  button.onclick = () => {
    stopped = true;
  };
  button.textContent = "Stop";
  byId("recording").hidden = false;
  while (!stopped && recorder.seconds < most && (recorder.length || performance.now() < end)) {
    await new Promise((go) => setTimeout(go, EVERY));
    show(recorder, least, most, hear, rate);
  }
  recorder.stop();
  byId("recording").hidden = true;
  button.textContent = "Record";
  if (!recorder.length) throw new SoundError("The microphone sends nothing: choose a file.");
  return recorder.sound(rate);
}

function show(recorder, least, most, hear, rate) {
  if (!recorder.length) return;
  const last = recorder.sound(rate, LIVE_SECONDS);
  byId("level").value = Math.min(1, 4 * level(last.subarray(-rate / 4)));
  byId("seconds").textContent = `${recorder.seconds.toFixed(1)} s of ${least} to ${most} s`;
  hear(last);
}
