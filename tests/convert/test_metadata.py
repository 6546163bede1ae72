"""Versions of bundles."""

from __future__ import annotations

import re

import pytest
from packaging.version import Version

from convert.metadata import BundleOrigin
from edge import bundle
from edge.bundle.manifest import VERSION
from edge.errors import ConfigError


@pytest.mark.parametrize("run", ["20250101-120000-default", "run", "", "ÄÖ--", "x" * 90, "a-" * 40])
def test_a_run_without_a_version_gets_a_development_version(run: str) -> None:
    """Which a device that has the bundle of the package takes, as it takes the release after it."""
    version = BundleOrigin("", run, "f").version
    shipped = bundle.load(bundle.SHIPPED).manifest.order
    assert re.fullmatch(VERSION, version)
    assert shipped < Version(version) < Version(f"{shipped.major}.{shipped.minor}.{shipped.micro + 1}")


def test_a_later_run_has_the_higher_version() -> None:
    """A device takes the newer of two models of its own, whatever their recipes are called."""
    runs = ("20250101-120000-small-cnn", "20250101-120001-default", "20261130-000000-default")
    versions = [Version(BundleOrigin("", run, "f").version) for run in runs]
    assert versions == sorted(versions)


def test_a_version_without_order_is_refused() -> None:
    """The sentence shows one that is right."""
    with pytest.raises(ConfigError, match=r"'final' is no version of a bundle; write one such as 1\.2\.0"):
        BundleOrigin("final", "run", "f")
