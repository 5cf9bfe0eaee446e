// Classifies and dreams on the server that the page comes from.

const EVERY = 400; // ms, between two questions

export class RemoteDreamer {
  ready = Promise.resolve({ threads: 1 });
  name = null;

  async classify({ file, model }) {
    const { classes } = await ask(`api/classify?${new URLSearchParams({ model })}`, file);
    return classes;
  }

  // Dreams; `watch` is called when steps were made. The last answer, with the dream's `file`.
  async dream({ file, choice }, watch, wait) {
    let job = await ask(...request(file, choice)), done = 0;
    this.name = job.name;
    while (job.state === "waiting" || job.state === "dreaming") {
      await new Promise((go) => setTimeout(go, EVERY));
      job = await ask(`api/dreams/${job.name}`);
      if (job.state === "waiting") wait(job.ahead);
      if (job.done > done) watch({ ...job, objective: job.objective[0] });
      done = job.done;
    }
    this.name = null;
    if (job.state === "failed") throw new Error(job.error);
    const answer = await fetch(`api/dreams/${job.name}/sound`);
    return { ...job, stopped: job.done < job.total, file: await answer.arrayBuffer() };
  }

  prepare() {}

  stop() {
    if (this.name) ask(`api/dreams/${this.name}/stop`, "");
  }
}

// Path and body of a request; a second sound is sent behind the first.
function request(file, { model, on, strength, preset, steps, style, second }) {
  const first = new Blob([file]), split = second ? { split: first.size } : {};
  const [path, choices] = style ? ["styles", { network: style, strength }]
    : ["dreams", { model, on, ...(preset ? { preset } : { strength }) }];
  const query = new URLSearchParams({ ...choices, steps, ...split });
  return [`api/${path}?${query}`, second ? new Blob([first, second]) : first];
}

async function ask(path, body) {
  const answer = await fetch(path, body === undefined ? {} : { method: "POST", body }).catch(() => {
    throw new Error("The server does not answer: is it still running?");
  });
  const content = await answer.json().catch(() => ({ error: "The server is busy: try again." }));
  if (!answer.ok) throw new Error(content.error);
  return content;
}
