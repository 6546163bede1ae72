"""Running `maskgate` as a person would, and what is asserted of what it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    code: int
    out: str
    err: str

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Result]


def one_sentence(result: Result, code: int, *words: str) -> None:
    """Nothing on standard output, one line on standard error that holds the words, no traceback."""
    assert result.code == code, result
    assert result.out == ""
    lines = result.err.splitlines()
    assert len(lines) == 1, result.err
    assert lines[0].startswith("maskgate: ")
    assert all(word in lines[0] for word in words), lines[0]
