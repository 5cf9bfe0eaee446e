"""Networks for pictures by name: constructor, preprocessing of their weights, and picture size."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import keras


class Network(NamedTuple):
    """A row of `NETWORKS`.

    Attributes:
        constructor: of `keras.applications`, or of a module of ours.
        preprocessing: that its weights were trained with; `"none"` where layers of its own do it.
        size: height and width of the pictures that its weights were trained on.
        module: whose constructor it is.
        weights: whether there are published weights.
    """

    constructor: str
    preprocessing: str
    size: int = 224
    module: str = "keras.applications"
    weights: bool = True


NETWORKS: dict[str, Network] = {
    "catdognet": Network("CatDogNet", "unit", 250, "keras_sounddream.images.catdognet", False),
    "convnext_tiny": Network("ConvNeXtTiny", "none"),
    "convnext_small": Network("ConvNeXtSmall", "none"),
    "convnext_base": Network("ConvNeXtBase", "none"),
    "convnext_large": Network("ConvNeXtLarge", "none"),
    "convnext_xlarge": Network("ConvNeXtXLarge", "none"),
    "densenet121": Network("DenseNet121", "torch"),
    "densenet169": Network("DenseNet169", "torch"),
    "densenet201": Network("DenseNet201", "torch"),
    "efficientnet_b0": Network("EfficientNetB0", "none"),
    "efficientnet_b1": Network("EfficientNetB1", "none", 240),
    "efficientnet_b2": Network("EfficientNetB2", "none", 260),
    "efficientnet_b3": Network("EfficientNetB3", "none", 300),
    "efficientnet_b4": Network("EfficientNetB4", "none", 380),
    "efficientnet_b5": Network("EfficientNetB5", "none", 456),
    "efficientnet_b6": Network("EfficientNetB6", "none", 528),
    "efficientnet_b7": Network("EfficientNetB7", "none", 600),
    "efficientnet_v2b0": Network("EfficientNetV2B0", "none"),
    "efficientnet_v2b1": Network("EfficientNetV2B1", "none", 240),
    "efficientnet_v2b2": Network("EfficientNetV2B2", "none", 260),
    "efficientnet_v2b3": Network("EfficientNetV2B3", "none", 300),
    "efficientnet_v2s": Network("EfficientNetV2S", "none", 384),
    "efficientnet_v2m": Network("EfficientNetV2M", "none", 480),
    "efficientnet_v2l": Network("EfficientNetV2L", "none", 480),
    "inception_resnet_v2": Network("InceptionResNetV2", "tf", 299),
    "inception_v3": Network("InceptionV3", "tf", 299),
    "mobilenet": Network("MobileNet", "tf"),
    "mobilenet_v2": Network("MobileNetV2", "tf"),
    "mobilenet_v3_large": Network("MobileNetV3Large", "none"),
    "mobilenet_v3_small": Network("MobileNetV3Small", "none"),
    "nasnet_large": Network("NASNetLarge", "tf", 331),
    "nasnet_mobile": Network("NASNetMobile", "tf"),
    "resnet50": Network("ResNet50", "caffe"),
    "resnet101": Network("ResNet101", "caffe"),
    "resnet152": Network("ResNet152", "caffe"),
    "resnet50_v2": Network("ResNet50V2", "tf"),
    "resnet101_v2": Network("ResNet101V2", "tf"),
    "resnet152_v2": Network("ResNet152V2", "tf"),
    "vgg16": Network("VGG16", "caffe"),
    "vgg19": Network("VGG19", "caffe"),
    "xception": Network("Xception", "tf", 299),
}


def find_constructor(name: str) -> Callable[..., keras.Model]:
    """The constructor of a key of `NETWORKS`."""
    row = NETWORKS[name]
    return getattr(importlib.import_module(row.module), row.constructor)
