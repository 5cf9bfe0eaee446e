"""Gradients in operations that every runtime has.

TensorFlow's own gradients end in operations such as ReluGrad, MaxPoolGrad and ShapeN, which LiteRT
and ONNX lack. Here each is written out in forward operations: convolutions, products, comparisons,
slices and pads. `RULES` holds one rule per type of operation.
"""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {"RULES": "backward", "portable_gradient": "backward"},
)
