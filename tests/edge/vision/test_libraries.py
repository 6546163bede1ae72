"""What runs the models, by version."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import cv2
import pytest

from edge.vision import libraries as module
from edge.vision.interpreter import find_runtime
from edge.vision.libraries import libraries


def test_both_are_named_with_their_version() -> None:
    """As installed here."""
    name, _ = find_runtime("auto")
    assert libraries() == f"OpenCV {cv2.__version__}, {name} {version(name)}"


def test_an_interpreter_that_is_no_package_says_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or is unknown, which is the same every time."""

    def refuse(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(module, "version", refuse)
    assert libraries() == libraries()
