// The list of what is recognised: the highest classes, each with a bar.

const SHOWN = 5;

export const inWords = (label) => label.replaceAll("_", " ");

export function showHeard(list, classes) {
  list.replaceChildren(...classes.slice(0, SHOWN).map(({ label, score }) => {
    const row = document.createElement("li"), name = document.createElement("span");
    const bar = document.createElement("meter"), share = document.createElement("span");
    name.textContent = inWords(label);
    bar.value = score;
    bar.setAttribute("aria-label", inWords(label));
    share.textContent = `${(100 * score).toFixed(0)} %`;
    row.append(name, bar, share);
    return row;
  }));
}
