"""The manifest's published schema, and manifests that are none."""

from __future__ import annotations

import json
import math
from pathlib import Path

import jsonschema
import pytest

from edge import bundle
from edge.bundle import manifest
from edge.contract import LABELS
from edge.errors import ModelError
from tests.support import bundles

SCHEMA = json.loads(manifest.SCHEMA_FILE.read_text())


def test_the_published_schema_is_the_models_own() -> None:
    """`python scripts/bundle_schema.py` writes it again."""
    assert manifest.schema() == SCHEMA


@pytest.mark.parametrize("shipped", [True, False])
def test_manifests_follow_the_published_schema(tmp_path: Path, shipped: bool) -> None:
    """The one that ships and one with every section; something else does not."""
    directory = bundle.SHIPPED if shipped else bundles.make(tmp_path / "b")
    raw = json.loads((directory / bundle.MANIFEST).read_text())
    check = jsonschema.Draft202012Validator(SCHEMA)
    check.validate(raw)
    assert not check.is_valid({**raw, "surprise": 1})
    assert not check.is_valid({**raw, "version": "final"})


@pytest.mark.parametrize(
    ("lower", "higher"),
    [("1", "1.0.1"), ("1.9", "1.10"), ("2.0rc1", "2.0"), ("2.0.dev3", "2.0a1"), ("1.0", "1.0.post1")],
)
def test_versions_order(tmp_path: Path, lower: str, higher: str) -> None:
    """As PEP 440 says, not as text."""
    first, second = (bundle.load(bundles.make(tmp_path / v, v)).manifest for v in (lower, higher))
    assert first.order < second.order


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"schema": 1, "version": "\\ud800"}',
        b'{"schema": ' + b"9" * 5000 + b"}",
        b"[]",
        b"null",
        b'{"schema": 1}' + b" " * (2 * 1024 * 1024),
    ],
    ids=["deep", "half a letter", "long number", "list", "null", "huge"],
)
def test_hostile_json_is_refused(tmp_path: Path, content: bytes) -> None:
    """In one short sentence that names the file."""
    directory = bundles.make(tmp_path / "b")
    (directory / bundle.MANIFEST).write_bytes(content)
    with pytest.raises(ModelError, match=r"manifest\.json") as refusal:
        bundle.load(directory)
    assert len(str(refusal.value)) < 500


@pytest.mark.parametrize("error", [MemoryError(), KeyError("x"), OverflowError("too far")])
def test_whatever_goes_wrong_with_a_manifest_is_its_own_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """An error that nobody foresaw is a sentence that names the file as well."""

    def fail(_raw: object) -> None:
        raise error

    made = bundles.make(tmp_path / "b")
    monkeypatch.setattr(manifest.Manifest, "model_validate", fail)
    with pytest.raises(ModelError, match=rf"manifest\.json cannot be read: {type(error).__name__}"):
        bundle.load(made)


@pytest.mark.parametrize(
    "golden", [{"seed": -1, "probabilities": [0.5, 0.5, 0]}, {"seed": 1, "probabilities": [1]}]
)
def test_golden_vectors_that_cannot_be_tested_are_refused(tmp_path: Path, golden: dict[str, object]) -> None:
    """Before an interpreter is opened."""
    directory = bundles.make(tmp_path / "b")
    bundles.change(directory, resign=True, golden=[*bundles.golden(0.5, 0.25, 0.25), golden])
    with pytest.raises(ModelError, match="golden"):
        bundle.load(directory)


@pytest.mark.parametrize(
    ("golden", "words"),
    [
        ([{"seed": seed, "probabilities": [1, 0, 0]} for seed in range(51)], "at most 50"),
        (bundles.golden(1, 0, 0, tolerance=0.051), "0.05"),
        (bundles.golden(1, 0, 0, seed=7), "different crops"),
    ],
    ids=["many", "tolerant", "the same"],
)
def test_a_manifest_may_not_weaken_its_own_test(tmp_path: Path, golden: object, words: str) -> None:
    """A test that everything passes, or that takes minutes, is none."""
    directory = bundles.make(tmp_path / "b")
    bundles.change(directory, resign=True, golden=golden)
    with pytest.raises(ModelError, match=f"golden.*({words})"):
        bundle.load(directory)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"thresholds": {"with_mask": 0.7}}, "every label, or of none"),
        ({"thresholds": {"with_mask": 0.7, "without_mask": 0.5, "surprise": 0.5}}, "every label, or of none"),
        ({"thresholds": dict.fromkeys(LABELS, -0.1)}, "from 0 to 2"),
        ({"smallest_px": {"with_mask": 0}}, "smallest_px"),
        ({"labels": LABELS[:2], "golden": [], "thresholds": {}, "smallest_px": {LABELS[2]: 20}}, "of labels"),
        ({"schema": 1, "smallest_px": {"with_mask": 20}}, "schema 1 has no smallest_px"),
        ({"schema": 3}, "schema 3, this device reads 1 and 2"),
    ],
)
def test_decisions_that_are_not_whole_are_refused(
    tmp_path: Path, fields: dict[str, object], words: str
) -> None:
    """A threshold that was forgotten would be one of zero."""
    directory = bundles.make(tmp_path / "b")
    bundles.change(directory, resign=True, **fields)
    with pytest.raises(ModelError, match=words):
        bundle.load(directory)


@pytest.mark.parametrize(
    ("fields", "thresholds"),
    [
        ({"schema": 1, "thresholds": {}}, (0, 0, 0)),
        ({"schema": 1, "thresholds": {"with_mask": 0.8, "without_mask": 0.9}}, (0.8, 0, 0)),
        ({"thresholds": {}}, (0, 0, 0)),
        ({"thresholds": dict.fromkeys(LABELS, 0.7)}, (0.7, 0.7, 0.7)),
        ({"labels": LABELS[:2], "thresholds": dict.fromkeys(LABELS[:2], 0.7)}, (0.7, 0.7, math.inf)),
    ],
)
def test_thresholds_of_older_and_newer_manifests(
    tmp_path: Path, fields: dict[str, object], thresholds: tuple[float, ...]
) -> None:
    """Schema 1 knew that of `with_mask` alone; a label that the model does not know is never the answer."""
    directory = bundles.make(tmp_path / "b")
    bundles.change(directory, resign=True, **{"golden": [], "smallest_px": {}, **fields})
    assert bundle.load(directory).manifest.answer_thresholds == thresholds
