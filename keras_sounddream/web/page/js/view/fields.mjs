// The fields of the form: networks, what to dream on, strength, steps; and a server's own.

export const byId = (id) => document.getElementById(id);

export const fields = () => Object.fromEntries(
  ["model", "on", "strength", "steps", "task", "style", "preset"]
    .filter(byId).map((name) => [name, byId(name)]));

export function fillForm(page) {
  fillSelect(byId("model"), page.networks.map(({ name }) => [name, name]));
  byId("networks").hidden = page.networks.length < 2;
  const total = page.networks[0].octaves;
  fillSelect(byId("steps"), page.steps.map(([steps, title]) =>
    [steps, `${steps * total} (${title})`]));
  byId("steps").value = page.networks[0].steps;
}

export function fillTerms(network) {
  const groups = network.groups.map(({ title, terms }) => {
    const group = document.createElement("optgroup");
    group.label = title;
    group.append(...terms.map(({ name, shown }) => new Option(shown, name)));
    return group;
  });
  byId("on").replaceChildren(...groups);
  byId("on").value = network.chosen;
}

// What the form says, as `dream` takes it.
export function readChoice(network) {
  const terms = network.groups.flatMap((group) => group.terms), { value: on } = byId("on");
  const { smoothing } = terms.find(({ name }) => name === on);
  return {
    model: network.name, on, smoothing,
    weights: terms.map(({ name }) => Number(name === on)),
    strength: Number(byId("strength").value),
    steps: Number(byId("steps").value),
  };
}

function fillSelect(select, options) {
  select.replaceChildren(...options.map(([value, title]) => new Option(title, value)));
}
