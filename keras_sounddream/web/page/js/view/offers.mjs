// The fields that a server alone offers: presets, a second sound, and what it is used for.

import { checked, decode } from "../sound/decode.mjs";
import { SoundError, writeWav } from "../sound/wav.mjs";
import { byId } from "./fields.mjs";

const TASKS = [["dream", "a dream"], ["guide", "a guided dream"], ["style", "a style transfer"]];
const FILE = "file", KEPT = "kept"; // values of the field of the second sound, beside examples
const LEAST_SECONDS = 0.25;

export class Offers {
  // `sound()` is the first sound, if there is one; `guard` runs something and tells its errors.
  constructor(page, sound, guard) {
    Object.assign(this, { page, kept: null });
    const examples = page.examples.map(({ title, file }) => [file, title]);
    const presets = page.offers.presets.map(({ name, shown }) => [name, shown]);
    byId("offers").append(
      row("task", "Make", choose("task", TASKS.filter(([name]) =>
        name !== "style" || page.offers.styles.names.length))),
      row("second", "Guide", choose("second", [...examples, [FILE, "a file"]]),
        ...filePicker(), keepButton(() => guard(() => this.keep(sound())))),
      row("style", "Style by", choose("style", page.offers.styles.names.map((n) => [n, n]))),
      row("preset", "Preset", choose("preset", [["", "none: by strength"], ...presets])),
    );
    byId("offers").hidden = false;
    byId("choices").addEventListener("change", ({ target }) => {
      if (["task", "on"].includes(target.id)) suggestPreset();
      this.show();
    });
    this.show();
  }

  // Shows the fields of the task, and how many steps it has.
  show() {
    const task = byId("task").value, preset = this.preset(), isStyle = task === "style";
    const shown = { second: task !== "dream", style: isStyle, preset: !isStyle, on: !isStyle,
      strength: !preset };
    Object.entries(shown).forEach(([id, is]) => { byId(id).closest("p").hidden = !is; });
    document.querySelector("label[for=second]").textContent = isStyle ? "Style of" : "Guide";
    const isFile = byId("second").value === FILE;
    document.querySelector("label[for=second-file]").hidden = !isFile;
    byId("second-file").hidden = !isFile;
    const own = isStyle ? this.page.offers.styles : preset?.octaves ? preset : null;
    this.page.steps.forEach(([steps, title], i) => {
      byId("steps").options[i].text = `${this.total(steps, own)} (${title})`;
    });
  }

  // The form's choice, with what is offered here: `title`, and perhaps `preset`, `style`, `second`.
  async choose(choice) {
    const task = byId("task").value, preset = this.preset();
    const second = task === "dream" ? null : await this.second();
    if (task === "style") {
      const style = byId("style").value;
      return { ...choice, style, second, title: `the style by ${style}` };
    }
    return { ...choice, preset: preset?.name, second, title: choice.on };
  }

  // Keeps the first sound as the second, so that another can be recorded.
  keep(sound) {
    if (!sound) throw new SoundError("Record or choose a sound first: it is kept as the second.");
    this.kept = sound;
    if (![...byId("second").options].some(({ value }) => value === KEPT)) {
      byId("second").append(new Option("", KEPT));
    }
    byId("second").lastChild.text = `${sound.name}, kept`;
    byId("second").value = KEPT;
    this.show();
  }

  // The second sound as a WAV file of one channel, a piece of it if it is long.
  async second() {
    const { value } = byId("second");
    const file = value === KEPT ? this.kept.sent : value === FILE ? await chosenFile()
      : await (await fetch(value)).arrayBuffer();
    const rate = Math.max(...this.page.networks.map((network) => network.rate));
    const { sound } = await decode(file, rate, this.page.most_seconds);
    return writeWav(checked(sound, rate, LEAST_SECONDS), rate);
  }

  preset() {
    if (byId("task").value === "style") return undefined;
    return this.page.offers.presets.find(({ name }) => name === byId("preset").value);
  }

  // All steps of a dream; `own` has octaves, and steps at the most that are offered.
  total(steps, own) {
    if (!own) return steps * this.page.networks[0].octaves;
    const most = this.page.steps.at(-1)[0];
    return own.octaves * Math.max(1, Math.floor(own.steps * steps / most));
  }
}

// A class is best begun with a sound of it under the preset that is made for that.
function suggestPreset() {
  const isClass = byId("on").selectedOptions[0]?.parentElement.label === "Classes";
  if (isClass && byId("task").value === "guide" && !byId("preset").value) {
    byId("preset").value = "heard";
  }
}

async function chosenFile() {
  const [file] = byId("second-file").files;
  if (!file) throw new SoundError(`Choose a file for the ${byId("task").value}.`);
  return file.arrayBuffer();
}

function row(id, title, ...controls) {
  const line = document.createElement("p"), label = document.createElement("label");
  Object.assign(label, { htmlFor: id, textContent: title });
  line.append(label, ...controls);
  return line;
}

function choose(id, options) {
  const select = Object.assign(document.createElement("select"), { id });
  select.append(...options.map(([value, title]) => new Option(title, value)));
  return select;
}

function filePicker() {
  const input = Object.assign(document.createElement("input"),
    { id: "second-file", className: "file", type: "file",
      accept: "audio/*,.wav,.flac,.ogg,.mp3" });
  input.setAttribute("aria-label", "File of the second sound");
  const label = Object.assign(document.createElement("label"),
    { htmlFor: "second-file", className: "button", textContent: "Choose a file" });
  input.addEventListener("change", () => {
    label.textContent = input.files[0]?.name ?? "Choose a file";
  });
  return [input, label];
}

function keepButton(keep) {
  const button = Object.assign(document.createElement("button"),
    { id: "keep", type: "button", textContent: "Keep the sound of step 1 as this" });
  button.onclick = keep;
  return button;
}
