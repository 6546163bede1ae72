"""Whether an int8 model is near enough to the float model it was made of.

`convert.parity.metrics` says how that is measured, `gates.toml` which values pass.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from convert.gates import GateLimits
from convert.parity.metrics import MEASURES, Comparison, macro_f1
from edge.cli.output import table
from edge.contract import LABELS
from edge.errors import GateError


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measure's value and its limit; a value that is no finite number never holds."""

    name: str
    value: float
    limit: float | None
    floor: bool

    @property
    def held(self) -> bool:
        """Whether it passes."""
        if not np.isfinite(self.value):
            return False
        return self.limit is None or (self.value >= self.limit if self.floor else self.value <= self.limit)


@dataclass(frozen=True, slots=True)
class Flips:
    """How many crops of a class get another label."""

    label: str
    crops: int
    flips: int


@dataclass(frozen=True, slots=True)
class ParityReport:
    """All that a comparison found."""

    crops: int
    readings: tuple[Measurement, ...]
    flips: tuple[Flips, ...]
    float_macro_f1: float
    int8_macro_f1: float

    @property
    def failures(self) -> str:
        """What does not hold; empty where all does."""
        bad = [one for one in self.readings if not one.held]
        return ", ".join(f"{one.name} {one.value:.4f}{_bound(one)}" for one in bad)

    def insist(self) -> None:
        """Raises a GateError that names every measure out of bounds."""
        if self.failures:
            raise GateError(f"the int8 model disagrees with the float model: {self.failures}")

    def figures(self) -> dict[str, float]:
        """What a manifest states of it."""
        return {f"parity_{one.name}": round(one.value, 5) for one in self.readings}

    def as_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        return asdict(self) | {"passed": not self.failures}

    def text(self) -> str:
        """Tables for a terminal."""
        lines = [(f"parity, {self.crops} crops", "", "value", "limit")]
        lines += [
            (one.name, "held" if one.held else "FAILED", f"{one.value:.4f}", _limit(one))
            for one in self.readings
        ]
        lines += [
            ("macro-F1, float", "", f"{self.float_macro_f1:.4f}", ""),
            ("macro-F1, int8", "", f"{self.int8_macro_f1:.4f}", ""),
        ]
        flips = [("label", "", "crops", "flips")]
        flips += [(one.label, "", str(one.crops), str(one.flips)) for one in self.flips]
        return f"{table(lines)}\n\n{table(flips)}"


def _limit(one: Measurement) -> str:
    return "" if one.limit is None else f"{'>=' if one.floor else '<='} {one.limit:g}"


def _bound(one: Measurement) -> str:
    return "" if one.limit is None else f" (limit {one.limit:g})"


def measure(found: Comparison, limits: GateLimits) -> ParityReport:
    """Measures parity.

    Args:
        found: At least one crop of each class that the models know.
        limits: What must hold.

    Raises:
        GateError: A class is missing.
    """
    classes = found.reference.shape[1]
    missing = [LABELS[label].value for label in range(classes) if not (found.truth == label).any()]
    # A class that no face shows would pass unmeasured.
    if missing:
        raise GateError(
            f"parity cannot be told: the faces hold none of {', '.join(missing)}; name another split or part"
        )
    return ParityReport(
        crops=len(found.truth),
        readings=_readings(found, limits),
        flips=tuple(_flips(found, label) for label in range(classes)),
        float_macro_f1=macro_f1(found.truth, found.reference),
        int8_macro_f1=macro_f1(found.truth, found.quantised),
    )


def _readings(found: Comparison, limits: GateLimits) -> tuple[Measurement, ...]:
    bounds = limits.model_dump()
    # What comes of NaN and infinity is looked at, not warned of.
    with np.errstate(all="ignore"):
        return tuple(Measurement(one.name, one.of(found), bounds[one.name], one.floor) for one in MEASURES)


def _flips(found: Comparison, label: int) -> Flips:
    here = found.truth == label
    return Flips(LABELS[label].value, int(here.sum()), int(found.flipped[here].sum()))
