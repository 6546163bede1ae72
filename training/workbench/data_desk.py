"""The data that the pages work with: the split, what was corrected, and what was measured."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.errors import ConfigError, MaskGateError
from training.data.manifest import SplitManifest
from training.workbench import measures
from training.workbench.corrections import Corrections, corrections_of
from training.workbench.data_catalogue import DataCatalogue, catalogue

SPLIT = "split.json"


@dataclass(frozen=True, slots=True)
class MeasuringStatus:
    """How far the faces are measured: a share where that goes on, and what is in the way."""

    share: float | None = None
    problem: str = ""


class DataDesk:
    """Gives the catalogue of the data, made anew where a file has changed. For several threads."""

    def __init__(self, split: Path | None, folder: Path, roots: Sequence[Path] = ()) -> None:
        """Sees to the data of a split.

        Args:
            split: Its manifest; one in the workbench's folder where None.
            folder: The workbench's.
            roots: Data set folders, in which broken pictures are looked for.
        """
        self.split = split or folder / SPLIT
        self.corrections = Corrections(corrections_of(self.split))
        self._cache = folder / "cache"
        self._roots = tuple(roots)
        self._lock = threading.Lock()
        self._made: tuple[object, DataCatalogue] | None = None
        self._measuring: threading.Thread | None = None
        self._status = MeasuringStatus()
        self._measured = 0

    def catalogue(self) -> DataCatalogue:
        """The faces of the split as they are now.

        Raises:
            ConfigError: There is no split, or it or the corrections cannot be read.
        """
        if not self.split.exists():
            raise ConfigError(f"there is no split {self.split} yet; read the data, or name --split")
        with self._lock:
            state = (_state(self.split), _state(self.corrections.file), self._measured)
            if self._made is None or self._made[0] != state:
                manifest = SplitManifest.load(self.split)
                found = measures.load(measures.measures_file(manifest, self._cache))
                self._made = state, catalogue(manifest, self.corrections, found).prepared()
            return self._made[1]

    def measure(self) -> None:
        """Begins to measure the faces, unless they are measured or it goes on; raises like `catalogue`."""
        shown = self.catalogue()
        with self._lock:
            if shown.measures is not None or self._measuring is not None or self._status.problem:
                return
            self._status = MeasuringStatus(0.0)
            # A daemon: the workbench ends without waiting for it, and its file is written in one piece.
            self._measuring = threading.Thread(target=self._measure, args=(shown,), daemon=True)
            self._measuring.start()

    def measuring(self) -> MeasuringStatus:
        """How far that is."""
        return self._status

    def wait(self) -> None:
        """Waits until what was begun to be measured is."""
        if thread := self._measuring:
            thread.join()

    def _measure(self, shown: DataCatalogue) -> None:
        records = [face.record for face in shown.faces]
        done = 0

        def advance(more: int) -> None:
            nonlocal done
            done += more
            self._status = MeasuringStatus(done / len(records))

        try:
            others = measures.others_in(self._roots, records)
            measures.measure(records, others, measures.measures_file(shown.manifest, self._cache), advance)
            self._status = MeasuringStatus()
        except MaskGateError as error:
            self._status = MeasuringStatus(problem=str(error))
        self._measured += 1
        self._measuring = None


def _state(file: Path) -> tuple[int, int, int] | None:
    """What changes with the content of a file; None where it is missing."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
