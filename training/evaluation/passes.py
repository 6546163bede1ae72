"""Passes of recordings held against what happened there: missed, doubled, wrong, revised wrongly. Pure.

`passes.schema.json` describes the file of truths for other programs; `scripts/passes_schema.py` writes it
from the model here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.cli.output import Columns, table
from edge.errors import ConfigError, SourceError
from edge.replay.recorded_passes import RecordedPass
from edge.types import Outcome

SCHEMA_FILE = Path(__file__).with_name("passes.schema.json")

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class TruePass(BaseModel):
    """What happened in one pass: the verdict to expect, what it is to be revised to, and when it was."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verdicts: Annotated[tuple[Outcome, ...], Field(min_length=1)]
    from_s: Seconds | None = None
    to_s: Seconds | None = None

    @model_validator(mode="after")
    def _times_are_a_span(self) -> Self:
        if (self.from_s is None) != (self.to_s is None):
            raise ValueError("from_s and to_s belong together")
        if self.from_s is not None and self.to_s is not None and self.from_s >= self.to_s:
            raise ValueError("from_s must be before to_s")
        if any(one is other for one, other in zip(self.verdicts, self.verdicts[1:], strict=False)):
            raise ValueError("a verdict is not revised to itself")
        return self


class PassTruths(BaseModel):
    """The passes of every clip, by its file name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = Field(alias="schema")
    clips: Annotated[dict[str, tuple[TruePass, ...]], Field(min_length=1)]


def load_truths(file: Path) -> PassTruths:
    """Reads a file of truths.

    Raises:
        ConfigError: It cannot be read or says something else.
    """
    try:
        return PassTruths.model_validate(json.loads(file.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        raise ConfigError(": ".join(filter(None, (str(file), where, what)))) from None
    except ValueError as error:
        raise ConfigError(f"{file} is not JSON: {error}") from None


def schema() -> dict[str, Any]:
    """The JSON Schema of a file of truths, as it is published."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:maskgate:passes:1",
        **PassTruths.model_json_schema(),
        "title": "What happens in recordings, pass by pass",
    }


def clips_of(truths: PassTruths, place: Path) -> dict[str, Path]:
    """The file of each clip that has a truth.

    Args:
        truths: What happens in them.
        place: The folder of the clips, or one clip.

    Raises:
        SourceError: A clip is not there.
    """
    if place.is_file():
        if place.name not in truths.clips:
            raise SourceError(f"{place} has no truth; add it to the file of truths under its name")
        return {place.name: place}
    files = {name: place / name for name in truths.clips}
    missing = [name for name, file in files.items() if not file.exists()]
    if missing:
        raise SourceError(
            f"{', '.join(missing)} in the file of truths: not in {place}; name the right folder"
        )
    return files


class PassResult(StrEnum):
    """What became of a pass."""

    RIGHT = "right"
    REVISED_WRONGLY = "revised wrongly"
    """The last verdict is right, and those before it are not the ones to expect."""
    WRONG = "wrong"
    """The last verdict is wrong."""
    MISSED = "missed"
    DOUBLED = "doubled"
    """A pass more than there was: somebody was counted twice, or nobody was there."""


@dataclass(frozen=True, slots=True)
class JudgedPass:
    """One pass: what was to be expected and what was found, either of which may be missing."""

    result: PassResult
    truth: TruePass | None
    found: RecordedPass | None

    def as_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        return {
            "result": self.result,
            "truth": self.truth.model_dump(mode="json") if self.truth else None,
            "found": {"verdicts": self.found.outcomes, "decided_s": self.found.decided_s}
            if self.found
            else None,
        }


@dataclass(frozen=True, slots=True)
class JudgedClip:
    """The passes of one clip, those that happened in their order, then those that did not."""

    name: str
    passes: tuple[JudgedPass, ...]


RESULT_COSTS = {PassResult.RIGHT: 0.0, PassResult.REVISED_WRONGLY: 1.0, PassResult.WRONG: 2.0}
NEVER = 1e6
"""Cost of taking a pass for one of another time."""


def judge(
    truths: Sequence[TruePass], found: Sequence[RecordedPass], slack_s: float
) -> tuple[JudgedPass, ...]:
    """Gives each pass that happened the found one that fits it best, and judges the pairs and what is left.

    Where the times of a pass are known, only a pass that was seen within them is taken for it. Between
    equally good ones the order decides.

    Args:
        truths: What happened.
        found: What was found.
        slack_s: So much later than a person is gone their pass may be decided.

    Source: Kuhn, "The Hungarian Method for the assignment problem", 1955, in scipy's implementation.
    """
    pairs = _assigned(truths, found, slack_s)
    judged = [
        JudgedPass(_result(truth, found[pairs[at]]), truth, found[pairs[at]])
        if at in pairs
        else JudgedPass(PassResult.MISSED, truth, None)
        for at, truth in enumerate(truths)
    ]
    taken = set(pairs.values())
    judged += [JudgedPass(PassResult.DOUBLED, None, one) for at, one in enumerate(found) if at not in taken]
    return tuple(judged)


def _assigned(truths: Sequence[TruePass], found: Sequence[RecordedPass], slack_s: float) -> dict[int, int]:
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - help needs none of it

    costs = np.array([[_cost(truth, one, slack_s) for one in found] for truth in truths]).reshape(
        len(truths), len(found)
    )
    # Too small to outweigh any result.
    costs += 1e-4 * np.abs(np.arange(len(truths))[:, None] - np.arange(len(found))[None])
    rows, columns = linear_sum_assignment(costs)
    return {
        int(row): int(column) for row, column in zip(rows, columns, strict=True) if costs[row, column] < NEVER
    }


def _cost(truth: TruePass, found: RecordedPass, slack_s: float) -> float:
    return RESULT_COSTS[_result(truth, found)] if _seen_in_time(truth, found, slack_s) else NEVER


def _seen_in_time(truth: TruePass, found: RecordedPass, slack_s: float) -> bool:
    if truth.from_s is None or truth.to_s is None:
        return True
    return found.first_s <= truth.to_s + slack_s and found.last_s >= truth.from_s


def _result(truth: TruePass, found: RecordedPass) -> PassResult:
    outcomes = found.outcomes
    # A verdict that came late is not one that was revised: nothing was said of the person before.
    if outcomes[0] is Outcome.UNSURE and truth.verdicts[0] is not Outcome.UNSURE and len(outcomes) > 1:
        outcomes = outcomes[1:]
    if outcomes[-1] is not truth.verdicts[-1]:
        return PassResult.WRONG
    return PassResult.RIGHT if outcomes == truth.verdicts else PassResult.REVISED_WRONGLY


@dataclass(frozen=True, slots=True)
class PassReport:
    """All clips."""

    model_version: str
    clips: tuple[JudgedClip, ...]

    def counts(self) -> dict[PassResult, int]:
        """How many passes there are of each result."""
        found = Counter(one.result for clip in self.clips for one in clip.passes)
        return {result: found[result] for result in PassResult}

    @property
    def happened(self) -> int:
        """How many passes there were."""
        return sum(one.truth is not None for clip in self.clips for one in clip.passes)

    def as_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        return {
            "model_version": self.model_version,
            "passes": self.happened,
            "counts": self.counts(),
            "clips": [
                {"clip": clip.name, "passes": [one.as_json() for one in clip.passes]} for clip in self.clips
            ],
        }

    def text(self) -> str:
        """A table for a terminal: every pass, then the counts."""
        rows: list[Sequence[str]] = [("clip", "result", "from", "to", "expected", "found", "decided")]
        rows += [(clip.name, *_cells(one)) for clip in self.clips for one in clip.passes]
        counts = [(str(result), str(count)) for result, count in self.counts().items()]
        totals = table([("passes", str(self.happened)), *counts], "lr")
        return "\n\n".join((table(rows, Columns("llrrlll")), totals))

    def failures(self) -> str:
        """What is not right, in words; empty where everything is."""
        counts = self.counts()
        wrong = [f"{counts[one]} {one}" for one in PassResult if one is not PassResult.RIGHT and counts[one]]
        return ", ".join(wrong)


def _cells(one: JudgedPass) -> tuple[str, ...]:
    truth, found = one.truth, one.found
    return (
        one.result,
        _time(truth.from_s if truth else None),
        _time(truth.to_s if truth else None),
        " > ".join(truth.verdicts) if truth else "-",
        " > ".join(found.outcomes) if found else "-",
        " ".join(f"{moment:.1f}" for moment in found.decided_s) if found else "-",
    )


def _time(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f}"
