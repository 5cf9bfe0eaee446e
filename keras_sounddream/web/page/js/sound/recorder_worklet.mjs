// Hands the microphone's samples on, in pieces.

registerProcessor("recorder", class extends AudioWorkletProcessor {
  process([channels]) {
    if (channels.length) this.port.postMessage(channels[0].slice());
    return true;
  }
});
