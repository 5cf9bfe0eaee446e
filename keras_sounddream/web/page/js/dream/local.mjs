// Classifies and dreams on the visitor's own machine, in a worker.

const REFUSAL = (reason) => `This browser cannot run the network (${reason}): use a newer one.`;

export class LocalDreamer {
  // `refusal` makes a sentence of the reason for which a network is not opened.
  constructor(page, refusal = REFUSAL) {
    this.pending = new Map();
    this.number = 0;
    this.worker = new Worker(new URL("worker.mjs", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => this.receive(data);
    this.worker.onerror = () => this.fail("its worker does not start");
    this.ready = this.ask("open", page).catch(({ message }) => {
      throw new Error(refusal(message));
    });
  }

  // Highest classes first.
  classify({ sound }) {
    return this.ask("classify", { sound });
  }

  // Dreams; `watch` is called with each step. The last step, perhaps `stopped`.
  dream({ sound, choice }, watch) {
    return this.ask("dream", { sound, choice }, watch);
  }

  // Opens the network that dreams, ahead of the first dream.
  prepare() {
    this.ask("prepare").catch(() => {}); // the dream will tell
  }

  // Ends the worker, and frees its memory.
  end() {
    this.worker.terminate();
    this.fail("it was closed");
  }

  stop() {
    this.worker.postMessage({ task: "stop" });
  }

  ask(task, given, watch) {
    const id = ++this.number;
    this.worker.postMessage({ id, task, given });
    return new Promise((done, failed) => this.pending.set(id, { done, failed, watch }));
  }

  receive({ id, step, answer, error }) {
    const { done, failed, watch } = this.pending.get(id);
    if (step) {
      watch(step);
      return;
    }
    this.pending.delete(id);
    if (error) failed(new Error(error));
    else done(answer);
  }

  fail(sentence) {
    this.pending.forEach(({ failed }) => failed(new Error(sentence)));
    this.pending.clear();
  }
}
