"""The manifest: all that a bundle says of itself, and how it is read without trusting it.

`edge/schemas/bundle.schema.json` describes the same for other programs; `scripts/bundle_schema.py`
writes it from the model here.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from packaging.version import Version
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge import contract
from edge.bundle import files as bundle_files
from edge.bundle import golden
from edge.errors import ModelError
from edge.types import Probabilities

MANIFEST = "manifest.json"
CLASSIFIER = "classifier.tflite"
DETECTOR = "detector.onnx"
SCHEMA_FILE = Path(__file__).parent.parent / "schemas" / "bundle.schema.json"

MOST_MANIFEST_BYTES = 1024 * 1024
VERSION = r"^[0-9]+(\.[0-9]+)*((a|b|rc)[0-9]+)?(\.post[0-9]+)?(\.dev[0-9]+)?(\+[a-z0-9]+(\.[a-z0-9]+)*)?$"
"""The plain forms of PEP 440: whatever matches has a place in an order."""

LARGEST_THRESHOLD = 2.0
"""A label whose threshold is above 1 is never the answer."""

FILE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=FILE_NAME)]


class ManifestSection(BaseModel):
    """A part of a manifest: nothing unknown in it, and no number that is not finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Input(ManifestSection):
    """What the classifier expects: must be what `edge.contract` does on this device."""

    size: int
    colour: Literal["RGB"] = "RGB"
    resize: Literal["bilinear_exact"] = "bilinear_exact"
    crop_margin: float = contract.CROP_MARGIN

    @model_validator(mode="after")
    def _fits_the_contract(self) -> Self:
        if self.size not in contract.INPUT_SIZES:
            raise ValueError(f"input size {self.size} is not {contract.INPUT_SIZES_WORDS}")
        if self.crop_margin != contract.CROP_MARGIN:
            raise ValueError(f"crop margin {self.crop_margin} is not {contract.CROP_MARGIN}")
        return self


class Golden(ManifestSection):
    """A made-up crop (see `edge.bundle.golden`) and the probabilities the classifier must give for it."""

    kind: golden.Kind = "blobs"
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    probabilities: tuple[float, ...]
    tolerance: Annotated[float, Field(ge=0, le=contract.GOLDEN_TOLERANCE)] = 0.02


class Calibration(ManifestSection):
    """What was fitted so that probabilities mean what they say; it is part of the graph already.

    "vector" multiplies the logits by `factor` and adds `shifts`, one for each label; "temperature" has
    no shifts, and the temperature is 1 / factor.
    """

    method: Literal["none", "temperature", "vector"] = "none"
    factor: Annotated[float, Field(gt=0)] = 1.0
    shifts: tuple[float, ...] = ()


class Source(ManifestSection):
    """Where pictures came from, and under which licence."""

    name: str
    licence: str
    address: str = ""


class Manifest(ManifestSection):
    """Everything a device must know of a bundle before it trusts it."""

    schema_version: Literal[1, 2] = Field(alias="schema")
    version: Annotated[str, Field(pattern=VERSION, max_length=64)]
    labels: tuple[contract.Label, ...]
    input: Input
    files: dict[FileName, Sha256]
    golden: Annotated[tuple[Golden, ...], Field(max_length=contract.MOST_GOLDEN)] = ()
    calibration: Calibration = Calibration()
    training_run: str = ""
    detector_run: str = ""
    dataset_fingerprint: str = ""
    metrics: dict[str, float] = {}
    intervals: dict[str, tuple[float, float]] = {}
    thresholds: dict[str, float] = {}
    smallest_px: dict[contract.Label, Annotated[float, Field(ge=1, le=10_000)]] = {}
    tools: dict[str, str] = {}
    licence: str = ""
    data: tuple[Source, ...] = ()
    digest: Sha256 = Field(alias="sha256")

    @model_validator(mode="after")
    def _labels_keep_their_order(self) -> Self:
        if self.labels not in (contract.LABELS, contract.TWO_LABELS):
            raise ValueError(f"labels must be {list(contract.LABELS)} in this order, or the first two")
        return self

    @model_validator(mode="after")
    def _golden_answers_are_complete(self) -> Self:
        if any(len(one.probabilities) != len(self.labels) for one in self.golden):
            raise ValueError(f"golden answers must have {len(self.labels)} probabilities each")
        if len({(one.kind, one.seed) for one in self.golden}) < len(self.golden):
            raise ValueError("golden answers must be of different crops")
        return self

    @model_validator(mode="after")
    def _intervals_belong_to_metrics(self) -> Self:
        for name, (low, high) in self.intervals.items():
            if name not in self.metrics or low > high:
                raise ValueError(f"interval {name!r} must be [low, high] of one of the metrics")
        return self

    @model_validator(mode="after")
    def _decision_is_complete(self) -> Self:
        if self.schema_version == 1:
            if self.smallest_px:
                raise ValueError("schema 1 has no smallest_px")
            return self
        # One that is forgotten would be a threshold of zero.
        if self.thresholds and set(self.thresholds) != set(self.labels):
            raise ValueError("thresholds must be of every label, or of none")
        if not all(0 <= threshold <= LARGEST_THRESHOLD for threshold in self.thresholds.values()):
            raise ValueError(f"thresholds must be from 0 to {LARGEST_THRESHOLD:g}")
        if not set(self.smallest_px) <= set(self.labels):
            raise ValueError("smallest_px must be of labels of the bundle")
        return self

    def own_fields(self) -> dict[str, Any]:
        """All that does not follow from the files, to write it again with other files or other fields.

        The schema stays: what the fields mean hangs on it.
        """
        return self.model_dump(mode="json", by_alias=True, exclude={"files", "digest", *self._unknown()})

    def content(self) -> dict[str, Any]:
        """What stands in the file."""
        return self.model_dump(mode="json", by_alias=True, exclude=self._unknown())

    def _unknown(self) -> set[str]:
        """Fields that programs which read this schema alone do not know."""
        return {"smallest_px"} if self.schema_version == 1 else set()

    @property
    def answer_thresholds(self) -> Probabilities:
        """For each label the probability from which it can be the answer, see `edge.contract.answer`.

        A label that the classifier does not know never is. Of schema 1 the threshold of `with_mask` alone
        has a meaning.
        """
        masked, bare, incorrect = (self._threshold(label) for label in contract.LABELS)
        return masked, bare, incorrect

    def _threshold(self, label: contract.Label) -> float:
        if label not in self.labels:
            return math.inf
        if self.schema_version == 1 and label is not contract.Label.WITH_MASK:
            return 0.0
        return self.thresholds.get(label, 0.0)

    @property
    def trusted_px(self) -> float:
        """Smaller side of a face from which every answer can be trusted."""
        return max(self.smallest_px.values(), default=contract.SMALLEST_PX)

    @property
    def order(self) -> Version:
        """The version as something that can be compared."""
        return Version(self.version)


def read(file: Path) -> Manifest:
    """Reads a manifest and checks it against its own digest and the contract.

    Raises:
        ModelError: It is missing, damaged, or breaks the contract; the sentence names what.
    """
    if not file.parent.is_dir() or not file.exists():
        raise ModelError(f"{file.parent} is no bundle: it has no {file.name}")
    return parse(bundle_files.content(file, MOST_MANIFEST_BYTES), file)


def parse(content: bytes, file: Path) -> Manifest:
    """The manifest in the bytes of a file; raises like `read`."""
    try:
        return _parse(content, file)
    except ModelError:
        raise
    # Others choose these bytes: whatever they bring about, it is this manifest that cannot be used.
    except Exception as error:
        raise ModelError(f"{file} cannot be read: {type(error).__name__}: {_short(error)}") from None


def _parse(content: bytes, file: Path) -> Manifest:
    try:
        raw = json.loads(content)
        # Within `try`: half a surrogate is valid JSON and fails only when it is encoded.
        own = canonical_digest(raw) if isinstance(raw, dict) else ""
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{file} is not JSON: {_short(error)}") from None
    if not isinstance(raw, dict):
        raise ModelError(f"{file} is not a JSON object")
    # Before the model, which would complain of the first member that it does not know.
    if raw.get("schema") not in contract.READABLE_SCHEMAS:
        readable = " and ".join(map(str, contract.READABLE_SCHEMAS))
        raise ModelError(
            f"{file} has schema {_short(repr(raw.get('schema')))}, this device reads {readable}; "
            "install a matching bundle or update maskgate"
        )
    if raw.get("sha256") != own:
        raise ModelError(f"{file} was changed after it was made: its own SHA-256 does not match")
    try:
        return Manifest.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = _short(".".join(str(part) for part in first["loc"]))
        what = _short(first["msg"].removeprefix("Value error, "))
        raise ModelError(": ".join(filter(None, (str(file), where, what)))) from None


def canonical_digest(raw: dict[str, Any]) -> str:
    """SHA-256 of the manifest without its own digest: sorted keys, no white space, UTF-8."""
    rest = {key: value for key, value in raw.items() if key != "sha256"}
    compact = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(compact.encode()).hexdigest()


def schema() -> dict[str, Any]:
    """The JSON Schema of a manifest, as it is published."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:maskgate:bundle:{contract.SCHEMA}",
        **Manifest.model_json_schema(),
        "title": "manifest.json of a MaskGate bundle",
    }


def _short(text: object, most: int = 200) -> str:
    """One line of what a file says, however much that is."""
    line = " ".join(str(text).split())
    return line if len(line) <= most else f"{line[:most]}..."
