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

export function fillTerms(network, filters) {
  const instant = filters.map(({ name, shown }) => ({ name, shown: `${shown}, at once` }));
  const all = [...network.groups, { title: "At once, by a filter", terms: instant }];
  const groups = all.filter(({ terms }) => terms.length).map(({ title, terms }) => {
    const group = document.createElement("optgroup");
    group.label = title;
    group.append(...terms.map(({ name, shown }) => new Option(shown, name)));
    return group;
  });
  byId("on").replaceChildren(...groups);
  byId("on").value = network.chosen;
}

// Lets strength and steps be chosen where they do something.
export function showReach(filters) {
  const isFilter = filters.some(({ name }) => name === byId("on").value);
  byId("strength").disabled = byId("steps").disabled = isFilter;
  byId("pass").hidden = !isFilter;
}

// What the form says, as `dream` takes it.
export function readChoice(network, filters) {
  const terms = network.groups.flatMap((group) => group.terms), { value: on } = byId("on");
  const filter = filters.find(({ name }) => name === on);
  if (filter) return { model: network.name, on, filter };
  const { smoothing } = terms.find(({ name }) => name === on);
  return {
    model: network.name, on, smoothing,
    weights: terms.map(({ name }) => Number(name === on)),
    strength: Number(byId("strength").value),
    steps: Number(byId("steps").value),
  };
}

export function fillSelect(select, options) {
  select.replaceChildren(...options.map(([value, title]) => new Option(title, value)));
}
