"""`maskgate-convert detector`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from convert.commands import main
from edge.bundle import load


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["maskgate-convert", "detector", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        main()
    assert isinstance(end.value.code, int)
    return end.value.code


def test_figures_that_are_none_are_refused(
    target: Path, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence that names the file."""
    wrong = model.with_name("figures.json")
    wrong.write_text(json.dumps({"recall": "good"}))
    assert run(monkeypatch, model, "--into", target, "--figures", wrong) == 2
    assert "figures.json must be one JSON object of numbers" in capsys.readouterr().err


def test_a_bundle_with_another_detector_may_get_another_name(
    target: Path, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that events tell which of the two decided; without the option it keeps its own."""
    before = load(target).manifest.version
    assert run(monkeypatch, model, "--into", target) == 0
    assert load(target).manifest.version == before
    assert run(monkeypatch, model, "--into", target, "--version", "9.8.7") == 0
    assert load(target).manifest.version == "9.8.7"
    assert f"{target} 9.8.7 now holds" in capsys.readouterr().out
