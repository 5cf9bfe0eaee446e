// Settings in the page's address: read where they are known, and written.

// `{name: value}` of the fields that a link names and that have that value.
export function readLink(hash, fields) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  for (const [name, field] of Object.entries(fields)) {
    const value = given.get(name);
    if (value !== null && fits(field, value)) field.value = value;
  }
}

export function linkTo(place, fields) {
  const values = Object.entries(fields).map(([name, field]) => [name, field.value]);
  return `${place.origin}${place.pathname}#${new URLSearchParams(values)}`;
}

function fits(field, value) {
  if (field.options) return [...field.options].some((option) => option.value === value);
  return value.trim() !== "" && Number(value) >= Number(field.min) &&
    Number(value) <= Number(field.max);
}
