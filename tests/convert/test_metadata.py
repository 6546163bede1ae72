"""Versions of bundles."""

from __future__ import annotations

import re

import pytest

from convert.metadata import BundleOrigin
from edge.bundle.manifest import VERSION
from edge.errors import ConfigError


@pytest.mark.parametrize("run", ["20250101-120000-default", "run", "", "ÄÖ--", "x" * 90, "a-" * 40])
def test_a_run_without_a_version_gets_a_development_version(run: str) -> None:
    """Which is older than any release."""
    version = BundleOrigin("", run, "f").version
    assert re.fullmatch(VERSION, version)
    assert version.startswith("0.dev0")


def test_a_version_without_order_is_refused() -> None:
    """The sentence shows one that is right."""
    with pytest.raises(ConfigError, match=r"'final' is no version of a bundle; write one such as 1\.2\.0"):
        BundleOrigin("final", "run", "f")
