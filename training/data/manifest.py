"""The split as a file, which later runs and the conversion reuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from edge.contract import Label
from edge.errors import ConfigError
from edge.types import Box
from training.data.readers import FaceRecord, FaceSource


class SplitPart(StrEnum):
    """What a face is used for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class SplitFace:
    """A face, its group and the part it belongs to."""

    record: FaceRecord
    group: int
    part: SplitPart


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    image: str
    box: tuple[float, float, float, float]
    label: Label
    source: FaceSource
    landmarks: tuple[tuple[float, float], ...]
    group: int
    part: SplitPart


class SplitManifest(BaseModel):
    """The split as a file, which later runs reuse."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int
    fingerprint: str
    faces: tuple[_Row, ...]

    @classmethod
    def of(cls, faces: Sequence[SplitFace], seed: int, fingerprint: str) -> SplitManifest:
        """Describes a split."""
        rows = tuple(
            _Row(
                key=face.record.key,
                # Absolute, because later runs start in other folders.
                image=str(face.record.image.resolve()),
                box=(face.record.box.x, face.record.box.y, face.record.box.w, face.record.box.h),
                label=face.record.label,
                source=face.record.source,
                landmarks=face.record.landmarks,
                group=face.group,
                part=face.part,
            )
            for face in faces
        )
        return cls(seed=seed, fingerprint=fingerprint, faces=rows)

    def assigned(self) -> tuple[SplitFace, ...]:
        """The split that this manifest describes."""
        return tuple(
            SplitFace(
                FaceRecord(row.key, Path(row.image), Box(*row.box), row.label, row.source, row.landmarks),
                row.group,
                row.part,
            )
            for row in self.faces
        )

    @classmethod
    def load(cls, file: Path) -> SplitManifest:
        """Reads a manifest.

        Raises:
            ConfigError: It cannot be read, or two faces in it have the same name.
        """
        try:
            manifest = cls.model_validate_json(file.read_bytes())
        except OSError:
            raise ConfigError(
                f"split manifest {file} cannot be read; make it with maskgate-train data"
            ) from None
        except ValidationError as error:
            raise ConfigError(f"split manifest {file} is damaged: {error.errors()[0]['msg']}") from None
        images: dict[str, str] = {}
        for row in manifest.faces:
            if row.key in images:
                raise ConfigError(
                    f"split manifest {file} names the face {row.key} twice, in {images[row.key]} and "
                    f"{row.image}; make it anew with maskgate-train data"
                )
            images[row.key] = row.image
        return manifest
