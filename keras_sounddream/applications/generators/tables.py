"""Architectures of generators and discriminators as tables."""

import dataclasses

from keras_sounddream.checks import Allowed, integer


@dataclasses.dataclass(frozen=True)
class Table:
    """A generator and its discriminator.

    Attributes:
        latent_size: numbers that the generator takes.
        sizes: rows and columns of its pictures, those that it can have.
        first_filters: of the 4 x 4 pixels that it begins with.
        stages: filters and upsampling of each stage; `None` for what the size leaves.
        transposed: whether convolutions are transposed, instead of following nearest neighbours.
        last_factor: upsampling of the last convolution, which makes the picture.
        bias: whether the generator's layers have biases.
        slope: of its rectifiers where the input is negative.
        momentum: of its batch normalisations, and the discriminator's.
        judge: the discriminator's stages: filters, stride, whether it is normalised.
        padded: stage of the discriminator after which a row and a column of zeros are added.
        judge_slope: of its rectifiers.
        dropout: share of its activations.
    """

    latent_size: int
    sizes: tuple[int, ...]
    first_filters: int
    stages: tuple[tuple[int, int | None], ...]
    transposed: bool
    last_factor: int
    bias: bool
    slope: float
    momentum: float
    judge: tuple[tuple[int, int, bool], ...]
    padded: int | None
    judge_slope: float
    dropout: float


FAMILIES = {
    "dcgan": Table(
        latent_size=100,
        sizes=(64, 96, 128, 160, 192, 224, 256),
        first_filters=256,
        stages=((256, 2), (256, 2), (128, 2), (128, None)),
        transposed=False,
        last_factor=1,
        bias=True,
        slope=0.0,
        momentum=0.8,
        judge=(
            *((32, 2, False), (64, 2, True), (128, 2, True)),
            *((256, 1, True), (512, 1, True)),
        ),
        padded=1,
        judge_slope=0.2,
        dropout=0.25,
    ),
    "gan256": Table(
        latent_size=256,
        sizes=(256,),
        first_filters=512,
        stages=((256, 1), (128, 2), (64, 2), (32, 2), (16, 2), (8, 2)),
        transposed=True,
        last_factor=2,
        bias=False,
        slope=0.3,
        momentum=0.99,
        judge=tuple((filters, 2, False) for filters in (16, 32, 64, 128, 256)),
        padded=None,
        judge_slope=0.3,
        dropout=0.3,
    ),
}


def size_of(table: Table) -> Allowed:
    """Allows one of the sizes of a family."""
    text = f"one of {', '.join(map(str, table.sizes))}"
    return Allowed(text, lambda value: integer(1).fits(value) and value in table.sizes)
