"""The pictures of docs/guides/style.md: three transfers of one style to one content, by SqueezeNet.

    python docs/images/draw_style.py CONTENT STYLE SQUEEZENET_WEIGHTS

Writes docs/images/style.png. The page's photographs are scikit-image's "chelsea" (Stefan van der
Walt) and "coffee" (Rachel Michetti), both CC0.
"""

import pathlib
import sys

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from keras_sounddream import StyleTransfer
from keras_sounddream.applications import SqueezeNet

SIZE = (256, 192)  # pixels, columns and rows
TRANSFERS = {  # title: what differs from the defaults
    "both": {},
    "brightness alone": {"keep_color": True},
    "style alone, from noise": {"content_weight": 0.0, "begin_with": "noise"},
}


def main(content, style, weights):
    photos = [np.asarray(Image.open(path).convert("RGB").resize(SIZE)) for path in (content, style)]
    model = SqueezeNet(weights=weights, include_top=False)
    shown = {}
    for title, options in TRANSFERS.items():
        result = StyleTransfer(model, photos[1:], **options).run(photos[0])
        print(title, result.objective_before, result.objective_real, f"{result.seconds:.0f} s")
        shown[title] = np.round(result.picture[0]).astype("uint8")
    figure, panels = plt.subplots(1, len(shown), figsize=(7.5, 2.2), layout="constrained")
    for axes, (title, picture) in zip(panels, shown.items(), strict=True):
        axes.imshow(picture)
        axes.set_title(title, fontsize=9)
        axes.axis("off")
    figure.savefig(pathlib.Path(__file__).parent / "style.png", dpi=90)


if __name__ == "__main__":
    main(*sys.argv[1:])
