"""The bundle: how a trained model travels from the desktop to the device.

A bundle is a directory with `manifest.json` and the files it lists by SHA-256. The manifest also
carries the digest of its own canonical form, so that a changed figure or threshold is noticed too.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge import contract
from edge.types import Image, ModelError

MANIFEST = "manifest.json"
CLASSIFIER = "classifier.tflite"
DETECTOR = "detector.onnx"
SHIPPED = Path(__file__).parent / "models"
"""The bundle that comes with the package."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Input(_Section):
    """What the classifier expects: must be what `edge.contract` does on this device."""

    size: int
    colour: Literal["RGB"] = "RGB"
    resize: Literal["bilinear_exact"] = "bilinear_exact"
    crop_margin: float = contract.CROP_MARGIN

    @model_validator(mode="after")
    def _fits_the_contract(self) -> Self:
        if self.size not in contract.INPUT_SIZES:
            raise ValueError(f"input size {self.size} is not one of {list(contract.INPUT_SIZES)}")
        if self.crop_margin != contract.CROP_MARGIN:
            raise ValueError(f"crop margin {self.crop_margin} is not {contract.CROP_MARGIN}")
        return self


class Golden(_Section):
    """A made-up crop (see `golden_crop`) and the probabilities the classifier must give for it."""

    seed: int
    probabilities: tuple[float, ...]
    tolerance: float = 0.02


class Manifest(_Section):
    """Everything a device must know of a bundle before it trusts it."""

    schema_version: Literal[1] = Field(alias="schema")
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]*$")]
    labels: tuple[contract.Label, ...]
    input: Input
    files: dict[str, Sha256]
    golden: tuple[Golden, ...] = ()
    training_run: str = ""
    detector_run: str = ""
    dataset_fingerprint: str = ""
    metrics: dict[str, float] = {}
    thresholds: dict[str, float] = {}
    digest: Sha256 = Field(alias="sha256")

    @model_validator(mode="after")
    def _labels_keep_their_order(self) -> Self:
        if self.labels not in (contract.LABELS, contract.TWO_LABELS):
            raise ValueError(f"labels must be {list(contract.LABELS)} in this order, or the first two")
        return self


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose manifest and hashes were found right."""

    path: Path
    manifest: Manifest

    @property
    def classifier(self) -> Path:
        """The classifier's TFLite file."""
        return self.path / CLASSIFIER

    @property
    def detector(self) -> Path | None:
        """The detector in the bundle; None where it has none."""
        return self.path / DETECTOR if DETECTOR in self.manifest.files else None


def load(path: Path) -> Bundle:
    """Opens a bundle directory and verifies every digest in it.

    Raises:
        ModelError: It is missing, damaged, or breaks the contract; the sentence names what.
    """
    manifest = _read_manifest(path / MANIFEST)
    if CLASSIFIER not in manifest.files:
        raise ModelError(f"{path / MANIFEST} lists no {CLASSIFIER}; convert the model again")
    for name, digest in manifest.files.items():
        _verify_file(path, name, digest)
    return Bundle(path, manifest)


def _read_manifest(file: Path) -> Manifest:
    try:
        raw = json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise ModelError(f"{file.parent} is no bundle: it has no {file.name}") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{file} cannot be read: {error}") from None
    if not isinstance(raw, dict):
        raise ModelError(f"{file} is not a JSON object")
    if raw.get("schema") != contract.SCHEMA:
        raise ModelError(
            f"{file} has schema {raw.get('schema')!r}, this device reads {contract.SCHEMA}; "
            "install a matching bundle or update maskgate"
        )
    if raw.get("sha256") != canonical_digest(raw):
        raise ModelError(f"{file} was changed after it was made: its own SHA-256 does not match")
    try:
        return Manifest.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ModelError(f"{file}: {where}: {first['msg']}") from None


def _verify_file(root: Path, name: str, digest: str) -> None:
    file = root / name
    if Path(name).name != name or file.is_symlink():
        raise ModelError(f"{root / MANIFEST} lists {name!r}, which is not a plain file of the bundle")
    try:
        found = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        raise ModelError(f"{file} is missing or unreadable; install the bundle again") from None
    if found != digest:
        raise ModelError(f"{file} is damaged: its SHA-256 is not the one in {MANIFEST}")


def canonical_digest(raw: dict[str, Any]) -> str:
    """SHA-256 of the manifest without its own digest: sorted keys, no white space, UTF-8."""
    rest = {key: value for key, value in raw.items() if key != "sha256"}
    compact = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(compact.encode()).hexdigest()


def write_manifest(directory: Path, **fields: Any) -> Manifest:
    """Writes `manifest.json` for the files that stand in a directory, with their digests.

    Args:
        directory: Holds the classifier and, where there is one, the detector.
        **fields: The other fields of `Manifest`.
    """
    names = [name for name in (CLASSIFIER, DETECTOR) if (directory / name).exists()]
    files = {name: hashlib.sha256((directory / name).read_bytes()).hexdigest() for name in names}
    draft = Manifest.model_validate(
        {"schema": contract.SCHEMA, "files": files, "sha256": "0" * 64, **fields}
    ).model_dump(mode="json", by_alias=True)
    draft["sha256"] = canonical_digest(draft)
    text = json.dumps(draft, indent=2, sort_keys=True, ensure_ascii=False)
    (directory / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return Manifest.model_validate(draft)


def golden_crop(seed: int, size: int) -> Image:
    """A made-up crop (size, size, 3) uint8 for self-tests: smooth colour blobs, the same on every machine."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    crop = np.empty((size, size, 3), np.uint8)
    contract.resize_into(coarse, crop)
    return crop
