"""Names of types that signatures use."""

import os
from typing import Any, TypeAlias

PathLike: TypeAlias = str | os.PathLike[str]
Array: TypeAlias = Any  # a NumPy array, or what NumPy makes one of
Tensor: TypeAlias = Any  # a tensor of Keras's backend, or an array: neither tells its shape
