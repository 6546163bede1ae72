"""Variants of a model with fewer bits."""

from __future__ import annotations

import pytest

from tests.support.convert import Trained, commands

pytestmark = pytest.mark.slow


def test_other_variants_are_plain_files(trained: Trained) -> None:
    """Each is smaller than the one with more bits, and no device takes it."""
    files = {kind: trained.where / f"{kind}.tflite" for kind in ("float32", "float16", "dynamic")}
    done = commands(*(trained.convert("run", file, "--variant", kind) for kind, file in files.items()))
    assert [one.code for one in done] == [0, 0, 0]
    sizes = [file.stat().st_size for file in files.values()]
    assert sizes == sorted(sizes, reverse=True)
