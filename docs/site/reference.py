"""Reference of the public names, read from the source: no network library need be installed.

A package says in its `__init__` which names are public and which modules define them
(`lazy.attach`). The docstrings are Markdown with the sections of Google's style.
"""

import ast
import re

_SECTION = re.compile(r"^(Args|Returns|Raises|Warns|Yields|Attributes|Example|Examples):\s*$")
_LISTS = {"Args": "Parameters", "Attributes": "Attributes", "Raises": "Raises", "Warns": "Warns"}
_ITEM = re.compile(r"^(\**`?\w[^\s:]*(?:, \**`?\w[^\s:]*)*): (.*)", re.DOTALL)
_FENCE = ":::"


def pages(package):
    """Markdown pages of a package, by name without suffix.

    Args:
        package: `pathlib.Path` of the package's folder.
    """
    names = public_names(package)
    modules = [name for name, home in names.items() if not home]
    made = {name: page(package, name) for name in modules}
    own = {name: home for name, home in names.items() if home}
    entries = "\n".join(entry(package, name, home) for name, home in own.items())
    rows = "\n".join(f"| [`{name}`]({name}.md) | {title(made[name])} |" for name in made)
    listed = f"| module | holds |\n|---|---|\n{rows}\n\n## keras_sounddream\n\n"
    module = f"{_FENCE}{{py:module}} {package.name}\n{_FENCE}\n\n"
    made["index"] = f"# Reference\n\n{listed}{module}{entries}"
    return made


def title(text):
    """The first line of text of a page under its heading."""
    return text.split("\n\n")[1].replace("\n", " ")


def public_names(package):
    """Public name → the module that defines it, as a package gives them to `lazy.attach`."""
    for node in ast.walk(parse(package / "__init__.py")):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "attach":
            return ast.literal_eval(node.args[1])
    return {}


def parse(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def file_of(package, name):
    """The file of a module below a package's folder."""
    path = package.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def page(package, name):
    """Markdown of one public module or package, and of those that it makes public."""
    tree = parse(file_of(package, name))
    head = f"# {name}\n\n{markdown(ast.get_docstring(tree) or '')}\n\n"
    module = f"{_FENCE}{{py:module}} {package.name}.{name}\n{_FENCE}\n\n"
    return head + module + contents(package, name, "")


def contents(folder, name, prefix):
    """Markdown of what a module, or a package by its public names, has in it."""
    homes = public_names(folder / name) if (folder / name).is_dir() else {}
    if homes:
        in_order = sorted(homes.items(), key=lambda item: not item[1])  # modules last
        return "\n".join(entry(folder / name, *public, prefix) for public in in_order)
    tree = parse(file_of(folder, name))
    return "\n".join(definition(node, tree, prefix) for node in public_definitions(tree))


def public_definitions(tree):
    kinds = ast.FunctionDef | ast.ClassDef
    return [n for n in tree.body if isinstance(n, kinds) and not n.name.startswith("_")]


def entry(folder, name, home, prefix=""):
    """Markdown of one public name of a package, from where it is defined."""
    if not home:
        text = markdown(ast.get_docstring(parse(file_of(folder, name))) or "")
        return f"## {prefix}{name}\n\n{text}\n\n{contents(folder, name, f'{prefix}{name}.')}"
    tree, node = find(folder, name, home)
    return definition(node, tree, prefix) if node else _data(name, tree, prefix)


def find(folder, name, home):
    """Definition of a public name: the module's tree, and the node; `None` for a value."""
    start = folder if not home.startswith("keras_sounddream.") else _root(folder)
    file = file_of(start, home.removeprefix("keras_sounddream."))
    deeper = public_names(file.parent) if file.name == "__init__.py" else {}
    if deeper.get(name):
        return find(file.parent, name, deeper[name])
    tree = parse(file)
    nodes = [node for node in tree.body if getattr(node, "name", None) == name]
    return tree, nodes[0] if nodes else None


def _root(folder):
    return next(path for path in (folder, *folder.parents) if path.name == "keras_sounddream")


def _data(name, tree, prefix):
    """Markdown of a value: its name, and what it is where that fits into a line."""
    assigned = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]

    def target(node):
        return getattr(node, "target", None) or node.targets[0]

    values = [ast.unparse(n.value) for n in assigned if ast.unparse(target(n)) == name]
    value = f":value: {values[0]}\n" if values and len(values[0]) < 60 else ""
    return f"{_FENCE}{{py:data}} {prefix}{name}\n{value}{_FENCE}\n"


def definition(node, tree, prefix="", depth=0):
    """Markdown of a function, or of a class with its public methods."""
    fence = _FENCE + ":" * (2 - depth)
    text = markdown(ast.get_docstring(node) or "")
    if isinstance(node, ast.FunctionDef):
        kind = "py:property" if is_property(node) else "py:method" if depth else "py:function"
        sign = "" if is_property(node) else signature(node, depth)
        return f"{fence}{{{kind}}} {prefix}{node.name}{sign}\n{text}\n{fence}\n"
    methods = members(node, tree)
    made = next((m for m in methods if m.name == "__init__"), None)
    inner = "\n".join(definition(m, tree, depth=1) for m in methods if m.name[0] != "_")
    sign = signature(made, 1) if made else _fields(node)
    return f"{fence}{{py:class}} {prefix}{node.name}{sign}\n{text}\n\n{inner}\n{fence}\n"


def members(node, tree):
    """Methods of a class with docstrings, `__init__`, and those of bases in the same module."""
    found = {
        m.name: m
        for m in node.body
        if isinstance(m, ast.FunctionDef) and (ast.get_docstring(m) or m.name == "__init__")
    }
    names = {ast.unparse(base) for base in node.bases}
    for base in tree.body:
        if isinstance(base, ast.ClassDef) and base.name in names:
            found = {**{m.name: m for m in members(base, tree)}, **found}
    return [*found.values()]


def _fields(node):
    """The signature of a dataclass; of another class without `__init__` none."""
    if not any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list):
        return ""
    fields = [n for n in node.body if isinstance(n, ast.AnnAssign)]
    for field in fields:
        field.value = field.value and _short(field.value)
    return f"({', '.join(map(ast.unparse, fields))})"


def is_property(node):
    return any("property" in ast.unparse(decorator) for decorator in node.decorator_list)


def signature(node, of_method):
    """`(argument: type = default, …) -> type` of a function, without `self`."""
    node.args.defaults = [_short(default) for default in node.args.defaults]
    node.args.kw_defaults = [default and _short(default) for default in node.args.kw_defaults]
    arguments = ast.unparse(node.args)
    if of_method and not any(ast.unparse(d) == "staticmethod" for d in node.decorator_list):
        arguments = re.sub(r"^\w+(, )?(/, )?", "", arguments)
    returns = f" -> {ast.unparse(node.returns)}" if node.returns and node.name[0] != "_" else ""
    return f"({arguments}){returns}".replace("\n", " ")


def _short(default):
    """A default that Sphinx can show; `...` where it is computed."""
    computed = (ast.Call, ast.GeneratorExp, ast.ListComp, ast.DictComp, ast.Lambda, ast.IfExp)
    simple = not any(isinstance(node, computed) for node in ast.walk(default))
    return default if simple else ast.Constant(...)


def markdown(docstring):
    """Markdown of a docstring: its sections become lists, its indented code blocks of code."""
    parts = [("", [])]
    for line in docstring.splitlines():
        match = _SECTION.match(line)
        if match:
            parts.append((match[1], []))
        elif line and not line.startswith(" ") and parts[-1][0]:
            parts.append(("", [line]))
        else:
            parts[-1][1].append(line)
    return "\n\n".join(filter(None, (_part(name, lines) for name, lines in parts)))


def _part(name, lines):
    """Markdown of one section."""
    if not name:
        return _prose("\n".join(lines).strip())
    text = _dedented(lines)
    if name.startswith("Example"):
        return f"**Example**\n\n```python\n{text}\n```"
    if name not in _LISTS:
        return f"**{name}**\n\n{_prose(text)}"
    items = re.split(r"\n(?=\S)", text)
    return f"**{_LISTS[name]}**\n\n" + "\n".join(_item(item) for item in items)


def _item(item):
    item = " ".join(item.split())
    match = _ITEM.match(item)
    return f"- **{_code(match[1])}**: {_prose(match[2])}" if match else f"- {_prose(item)}"


def _code(names):
    return ", ".join(f"`{name.strip('`')}`" for name in names.split(", "))


def _prose(text):
    """Text whose indented lines, after an empty one, are a block of code."""
    text = re.sub(r"(?m)^( *)>>> ", r"\1    >>> ", text) if ">>> " in text else text
    return re.sub(r"<(?=[a-z])", r"\\<", text)


def _dedented(lines):
    import textwrap

    return textwrap.dedent("\n".join(lines)).strip()
