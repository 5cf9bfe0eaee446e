// Two players of sounds at one loudness, and a switch from one to the other at the same place.

import { level } from "../sound/decode.mjs";
import { writeWav } from "../sound/wav.mjs";

export class Players {
  constructor(a, b, button, download) {
    Object.assign(this, { players: [a, b], button, download });
    button.onclick = () => this.change();
    this.players.forEach((one, i) => {
      one.onplay = () => this.players[1 - i].pause();
    });
  }

  // Shows a sound, and its dream if there is one. Samples are made equally loud, by turning the
  // louder one down; `files`, of a server, are so already and are played as they are.
  show(rate, sound, dream, files) {
    const pair = [sound, dream].filter(Boolean), levels = pair.map(level);
    const softest = Math.min(...levels.filter((l) => l > 0));
    this.players.forEach((player, i) => {
      const gain = levels[i] > 0 ? softest / levels[i] : 1;
      const file = files?.[i] ?? (pair[i] && writeWav(pair[i].map((x) => gain * x), rate));
      fill(player, "src", file);
    });
    fill(this.download, "href", dream && (files?.[1] ?? writeWav(dream, rate)));
    this.button.disabled = this.download.hidden = !dream;
  }

  change() {
    const [one, other] = this.players[1].paused ? this.players : [...this.players].reverse();
    other.currentTime = one.currentTime;
    one.pause();
    other.play();
  }
}

function fill(element, attribute, file) {
  if (element[attribute].startsWith("blob:")) URL.revokeObjectURL(element[attribute]);
  element.removeAttribute(attribute);
  if (file) element[attribute] = URL.createObjectURL(new Blob([file], { type: "audio/wav" }));
}
