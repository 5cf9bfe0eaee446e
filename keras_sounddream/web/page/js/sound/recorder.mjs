// The microphone, at the browser's own rate, without its processing for telephone calls.

import { SoundError } from "./wav.mjs";
import { resample } from "./resample.mjs";

const REFUSED = {
  NotAllowedError: "The microphone was not allowed: allow it in the browser's address bar, " +
    "or choose a file.",
  NotFoundError: "There is no microphone: plug one in, or choose a file.",
  NotReadableError: "Another program uses the microphone: close it, or choose a file.",
};
const RAW = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

export async function openMicrophone() {
  if (!navigator.mediaDevices) {
    throw new SoundError("The browser gives no microphone to a page without https: choose a file.");
  }
  const stream = await navigator.mediaDevices.getUserMedia({ audio: RAW }).catch((error) => {
    throw new SoundError(REFUSED[error.name] ?? `No microphone (${error.name}): choose a file.`);
  });
  return Recorder.start(stream);
}

class Recorder {
  static async start(stream) {
    const recorder = new Recorder(), context = new AudioContext();
    recorder.stream = stream;
    recorder.context = context;
    recorder.pieces = [];
    recorder.length = 0;
    await context.audioWorklet.addModule(new URL("recorder_worklet.mjs", import.meta.url));
    const node = new AudioWorkletNode(context, "recorder", { numberOfOutputs: 0 });
    node.port.onmessage = ({ data }) => {
      recorder.pieces.push(data);
      recorder.length += data.length;
    };
    context.createMediaStreamSource(stream).connect(node);
    context.resume();
    return recorder;
  }

  get seconds() {
    return this.length / this.context.sampleRate;
  }

  // What was recorded, its last seconds alone if told, at a rate.
  sound(rate, last = Infinity) {
    const whole = new Float32Array(this.length);
    let at = 0;
    for (const piece of this.pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    const start = Math.max(0, whole.length - Math.round(last * this.context.sampleRate));
    return resample(whole.subarray(start), this.context.sampleRate, rate);
  }

  stop() {
    this.stream.getTracks().forEach((track) => track.stop());
    this.context.close();
  }
}
