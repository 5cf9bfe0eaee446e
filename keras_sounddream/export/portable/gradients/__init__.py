"""Gradients in operations that every runtime has.

TensorFlow's own gradients end in operations such as ReluGrad, MaxPoolGrad and ShapeN, which LiteRT
and ONNX lack. Here each is written out in forward operations: convolutions, products, comparisons,
slices and pads. `RULES` holds one a type of operation.
"""

from keras_sounddream.export.portable.gradients.backward import RULES, portable_gradient

__all__ = ["RULES", "portable_gradient"]
