"""Keeping native libraries off standard error."""

from __future__ import annotations

import os

import pytest

from edge.system.native_output import without_native_chatter


def test_what_a_library_writes_is_dropped_for_a_moment(capfd: pytest.CaptureFixture[str]) -> None:
    """Before and after it standard error is what it was."""
    os.write(2, b"before\n")
    with without_native_chatter():
        os.write(2, b"chatter\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "before\nafter\n"


def test_standard_error_comes_back_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    """The error passes."""
    with pytest.raises(OSError, match="broken"), without_native_chatter():
        raise OSError("broken")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"
