"""What surrounds TensorFlow: its environment, and the versions that a run notes."""

from __future__ import annotations

import os
import subprocess
import sys

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


def test_opencv_says_nothing_where_a_model_is_opened_first() -> None:
    """OpenCV warns of networks that it opens; nobody sees that, also before the first picture is read."""
    code = (
        "import cv2; from edge.bundle import SHIPPED_DETECTOR; from training import framework;"
        "framework.set_quiet_environment(); cv2.FaceDetectorYN.create(str(SHIPPED_DETECTOR), '', (96, 96))"
    )
    plain = {key: value for key, value in os.environ.items() if key != "OPENCV_LOG_LEVEL"}
    done = subprocess.run([sys.executable, "-c", code], env=plain, capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""


def test_packages_that_are_not_installed_are_left_out() -> None:
    """The others come in the order given."""
    assert list(framework.installed_versions(["pytest", "no-such-package", "numpy"])) == ["pytest", "numpy"]


def test_without_git_there_is_no_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run notes nothing then, and goes on."""

    def fail(*_arguments: object, **_options: object) -> None:
        raise subprocess.CalledProcessError(128, "git")

    monkeypatch.setattr(framework.subprocess, "run", fail)
    assert framework.git_revision() == ""
