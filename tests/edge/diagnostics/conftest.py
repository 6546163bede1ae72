"""Fixtures of the doctor's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.devices import Patient, sound


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    return sound(tmp_path)
