"""A notebook as Markdown: its text, its code, and a link to the file."""

import json


def to_markdown(text, name):
    """Markdown of a notebook's JSON, with a link to the file `name` under the title."""
    cells = [_cell(cell) for cell in json.loads(text)["cells"]]
    title, *rest = cells[0].split("\n", 1)
    link = f"\n[{name}]({name}): the notebook, for Jupyter or Colab.\n"
    return "\n".join([title, link, *rest, "", "\n\n".join(cells[1:])]) + "\n"


def _cell(cell):
    source = "".join(cell["source"])
    return f"```python\n{source}\n```" if cell["cell_type"] == "code" else source
