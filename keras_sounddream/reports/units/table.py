"""Tables of the units of a layer, for other programs: CSV and JSON."""

import csv
from typing import Any

import numpy as np

from keras_sounddream.files import written_beside
from keras_sounddream.types import PathLike


def write_table(found: Any, path: PathLike, overwrite: bool = False) -> None:
    """Writes a `UnitSensitivity` as CSV, a row per unit, best first."""
    heads = ["unit", "class", "auc", "d_prime"]
    heads += [f"{kind} {label}" for kind in ("auc", "d_prime") for label in found.labels]
    heads += [f"{kind} {i + 1}" for i in range(found.top.shape[1]) for kind in ("clip", "seconds")]
    with (
        written_beside(path, overwrite) as temporary,
        open(temporary, "w", newline="", encoding="utf-8") as file,
    ):
        table = csv.writer(file)
        table.writerow(heads)
        table.writerows(_row(found, unit) for unit in found.order())


def in_words(found: Any) -> dict[str, Any]:
    """A `UnitSensitivity` for JSON, units best first; infinite d′ as `None`."""
    units = []
    for unit in found.order():
        peaks = zip(found.top[unit], found.seconds[unit], strict=True)
        d_prime = [float(x) if np.isfinite(x) else None for x in found.d_prime[unit]]
        units.append(
            {
                "unit": int(unit),
                "class": found.labels[found.best[unit]],
                "auc": dict(zip(found.labels, found.auc[unit].tolist(), strict=True)),
                "d_prime": dict(zip(found.labels, d_prime, strict=True)),
                "top": [
                    {
                        "clip": found.clips[clip].name,
                        "class": found.labels[found.truth[clip]],
                        "seconds": round(float(seconds), 3),
                    }
                    for clip, seconds in peaks
                ],
            }
        )
    about = {"model": found.model, "layer": found.layer, "labels": list(found.labels)}
    return about | {"clips": len(found.clips), "shuffled": found.shuffled, "units": units}


def _row(found, unit):
    best = found.best[unit]
    numbers = [found.auc[unit, best], found.d_prime[unit, best]]
    numbers += [*found.auc[unit], *found.d_prime[unit]]
    row = [unit, found.labels[best], *(f"{x:.6g}" for x in numbers)]
    for clip, seconds in zip(found.top[unit], found.seconds[unit], strict=True):
        row += [found.clips[clip].name, f"{seconds:.3f}"]
    return row
