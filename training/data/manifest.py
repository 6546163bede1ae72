"""The split as a file, which later runs and the conversion reuse."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from edge.contract import Label
from edge.errors import ConfigError
from edge.types import Box
from training.data.readers import DataLayout, FaceRecord, source_of
from training.data.sources import DataSource, described


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
    layout: DataLayout = Field(validation_alias=AliasChoices("layout", "source"))
    """Splits of earlier versions call it `source`."""
    landmarks: tuple[tuple[float, float], ...]
    group: int
    part: SplitPart

    @property
    def source(self) -> str:
        return source_of(self.key)


class SplitManifest(BaseModel):
    """The split as a file, which later runs reuse."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int
    fingerprint: str
    sources: tuple[DataSource, ...] = ()
    """All sources of the faces; empty in splits of earlier versions."""
    faces: tuple[_Row, ...]

    @classmethod
    def of(
        cls, faces: Sequence[SplitFace], seed: int, fingerprint: str, known: Sequence[DataSource] = ()
    ) -> SplitManifest:
        """Describes a split, with what is known of its sources."""
        rows = tuple(
            _Row(
                key=face.record.key,
                # Absolute, because later runs start in other folders.
                image=str(face.record.image.resolve()),
                box=(face.record.box.x, face.record.box.y, face.record.box.w, face.record.box.h),
                label=face.record.label,
                layout=face.record.layout,
                landmarks=face.record.landmarks,
                group=face.group,
                part=face.part,
            )
            for face in faces
        )
        sources = described((face.record.source for face in faces), known)
        return cls(seed=seed, fingerprint=fingerprint, sources=sources, faces=rows)

    def dealt(self, faces: Sequence[SplitFace], seed: int) -> SplitManifest:
        """The same data with its faces, or some of them, in other parts."""
        return SplitManifest.of(faces, seed, self.fingerprint, self.sources)

    def with_faces(self, faces: Sequence[SplitFace], fingerprint: str) -> SplitManifest:
        """The split with other faces, of the same sources and more."""
        return SplitManifest.of(faces, self.seed, fingerprint, self.sources)

    def licensed(self, licences: Collection[str]) -> SplitManifest:
        """Without the faces to train on, or to validate with, whose source has another licence.

        Tested faces stay: a network is judged on all of them, whatever it learnt from.

        Args:
            licences: Allowed ones; empty allows all.

        Raises:
            ConfigError: No face is left to train on.
        """
        if not licences:
            return self
        allowed = {source.name for source in self.sources if source.licence in licences}
        kept = [
            face for face in self.assigned() if face.part is SplitPart.TEST or face.record.source in allowed
        ]
        if not any(face.part is SplitPart.TRAIN for face in kept):
            raise ConfigError(
                f"no source of the split has a licence of {', '.join(licences)}, which the recipe asks for; "
                "name licences with maskgate-train data --sources"
            )
        return self.dealt(kept, self.seed)

    def learnt_from(self) -> tuple[DataSource, ...]:
        """The sources of all faces that are not tested."""
        learnt = {source_of(row.key) for row in self.faces if row.part is not SplitPart.TEST}
        return tuple(source for source in self.sources if source.name in learnt)

    def assigned(self) -> tuple[SplitFace, ...]:
        """The split that this manifest describes."""
        return tuple(
            SplitFace(
                FaceRecord(row.key, Path(row.image), Box(*row.box), row.label, row.layout, row.landmarks),
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
