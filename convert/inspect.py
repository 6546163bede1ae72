"""All that a bundle or a TFLite file says of itself, in one value for a table and for programs."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from convert import tflite
from edge.bundle import Bundle
from edge.cli.output import table
from edge.errors import GateError


@dataclass(frozen=True, slots=True)
class Use:
    """An operation, how often it occurs, and in how many places it computes in whole numbers."""

    name: str
    count: int
    integer: int


@dataclass(frozen=True, slots=True)
class File:
    """A file's name, size and SHA-256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found.

    Attributes:
        inputs: Tensors that the model takes.
        outputs: Tensors that it gives.
        ops: What it computes, the most frequent first.
        breach: Why it is not fully integer with weights per channel; empty where it is.
        files: The files looked at.
        manifest: The bundle's; empty for a file alone.
    """

    inputs: tuple[tflite.Tensor, ...]
    outputs: tuple[tflite.Tensor, ...]
    ops: tuple[Use, ...]
    breach: str
    files: tuple[File, ...]
    manifest: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        return asdict(self)

    def text(self) -> str:
        """Tables for a terminal."""
        tensors = [("tensor", "type", "shape", "scale", "zero point")]
        for kind, each in (("input", self.inputs), ("output", self.outputs)):
            tensors += [(kind, one.dtype, "x".join(map(str, one.shape)), *_quantised(one)) for one in each]
        ops = [("operation", "", "count", "integer")]
        ops += [(one.name, "", str(one.count), str(one.integer)) for one in self.ops]
        files = [("file", "SHA-256", "bytes")]
        files += [(one.name, one.sha256, f"{one.size:,}") for one in self.files]
        parts = [
            table(tensors),
            table(ops),
            self.breach or "fully integer, weights per channel",
            table(files),
        ]
        return "\n\n".join(parts + ([_manifest_text(self.manifest)] if self.manifest else []))


def of_file(file: Path) -> Inspection:
    """Looks at a TFLite file.

    Raises:
        ModelError: It is none.
    """
    flat = file.read_bytes()
    found = tflite.read(flat, str(file))
    uses = tuple(Use(*each) for each in found.counted())
    return Inspection(found.inputs, found.outputs, uses, _breach(found, file.name), (_file(file),), {})


def of_bundle(bundle: Bundle) -> Inspection:
    """Looks at a bundle, all digests of which were verified when it was opened."""
    model = of_file(bundle.classifier)
    files = tuple(_file(bundle.path / name) for name in sorted(bundle.manifest.files))
    # The table of files has them already, with their sizes.
    manifest = bundle.manifest.model_dump(mode="json", by_alias=True, exclude={"files"})
    return Inspection(model.inputs, model.outputs, model.ops, model.breach, files, manifest)


def _file(file: Path) -> File:
    content = file.read_bytes()
    return File(file.name, len(content), hashlib.sha256(content).hexdigest())


def _breach(found: tflite.Graph, name: str) -> str:
    try:
        tflite.require_integer(found, name)
    except GateError as error:
        return str(error)
    return ""


def _quantised(tensor: tflite.Tensor) -> tuple[str, str]:
    return (f"{tensor.scale:g}", str(tensor.zero_point)) if tensor.scales else ("", "")


def _manifest_text(manifest: dict[str, Any]) -> str:
    """The manifest, one line for each value; intervals stand beside their figures."""
    intervals = manifest["intervals"]
    lines = [("manifest", "")]
    for key, value in manifest.items():
        if key == "metrics":
            lines += [
                (f"metrics.{name}", _figure(number, intervals.get(name))) for name, number in value.items()
            ]
        elif key == "golden":
            lines += [(f"golden.{one['kind']} {one['seed']}", _shares(one)) for one in value]
        elif isinstance(value, dict) and key != "intervals":
            lines += [(f"{key}.{name}", str(one)) for name, one in value.items()]
        elif isinstance(value, list) and key != "labels":
            lines += [(key, ", ".join(f"{name} {one}" for name, one in each.items())) for each in value]
        elif key != "intervals":
            lines.append((key, ", ".join(value) if isinstance(value, list) else str(value)))
    return table(lines)


def _figure(number: float, interval: list[float] | None) -> str:
    return f"{number:g}" if interval is None else f"{number:g} ({interval[0]:g} to {interval[1]:g})"


def _shares(golden: dict[str, Any]) -> str:
    shares = " ".join(f"{share:.3f}" for share in golden["probabilities"])
    return f"{shares} +- {golden['tolerance']:g}"
