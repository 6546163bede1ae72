"""What surrounds TensorFlow: its environment, and the versions that a run notes."""

from __future__ import annotations

import os
import subprocess

import pytest

from training import framework


def test_the_environment_is_quiet_unless_somebody_wants_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set already stays."""
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    monkeypatch.delenv("ABSL_MIN_LOG_LEVEL", raising=False)
    framework.set_quiet_environment()
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "0"
    assert os.environ["ABSL_MIN_LOG_LEVEL"] == "3"
    monkeypatch.delenv("ABSL_MIN_LOG_LEVEL")


def test_packages_that_are_not_installed_are_left_out() -> None:
    """The others come in the order given."""
    assert list(framework.installed_versions(["pytest", "no-such-package", "numpy"])) == ["pytest", "numpy"]


def test_without_git_there_is_no_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run notes nothing then, and goes on."""

    def fail(*_arguments: object, **_options: object) -> None:
        raise subprocess.CalledProcessError(128, "git")

    monkeypatch.setattr(framework.subprocess, "run", fail)
    assert framework.git_revision() == ""
