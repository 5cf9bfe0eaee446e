"""Links from the reference's signatures to the manuals of other libraries.

Intersphinx would ask those for their inventories at each build, and neither Keras nor TensorFlow
has one; so their addresses are made by rule.
"""

_PYTHON = "https://docs.python.org/3/library"
_TYPES = ("bool", "complex", "float", "int")  # to be found among the functions of its manual
_BUILT_IN = ("str", "bytes", "tuple", "list", "dict", "set", *_TYPES)
_ABSTRACT = ("Callable", "Collection", "Iterable", "Iterator", "Mapping", "Sequence")
_KERAS = {
    "keras.Model": "models/model",
    "keras.Optimizer": "optimizers",
    "keras.layers.Layer": "layers/base_layer",
    "keras.callbacks.Callback": "callbacks/base_callback",
}


def address(name):
    """Page of a type's manual, such as that of `np.ndarray`, or `None`."""
    if name in _BUILT_IN:
        page = "functions" if name in _TYPES else "stdtypes"
        return f"{_PYTHON}/{page}.html#{name}"
    if name in _ABSTRACT:
        return f"{_PYTHON}/collections.abc.html#collections.abc.{name}"
    if name in _KERAS:
        return f"https://keras.io/api/{_KERAS[name]}/"
    library, _, rest = name.partition(".")
    path = rest.replace(".", "/")
    return {
        "np": f"https://numpy.org/doc/stable/reference/generated/numpy.{rest}.html",
        "pathlib": f"{_PYTHON}/pathlib.html#{name}",
        "tf": f"https://www.tensorflow.org/api_docs/python/{name.replace('.', '/')}",
        "tfds": f"https://www.tensorflow.org/datasets/api_docs/python/tfds/{path}",
    }.get(library if rest else "")


def link(app, env, node, shown):
    """Sphinx's `missing-reference`: a link to another library's manual."""
    from docutils import nodes

    found = address(node.get("reftarget") or "")
    if found is None or node.get("refdomain") != "py":
        return None
    return nodes.reference("", "", shown, internal=False, refuri=found)
