"""The pictures that were handed in: a folder for each job that adds some, for as long as a split needs it."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from edge.errors import MaskGateError, StorageError
from edge.system.files import make_folder_of
from training.workbench.data_desk import DataDesk
from training.workbench.jobs import WAITING, JobQueue, JobState, JobStatus


@dataclass(frozen=True, slots=True)
class AddedPictures:
    """The folders of pictures below one folder, which are called as their jobs are."""

    folder: Path
    desk: DataDesk
    queue: JobQueue

    def place(self, job: str) -> Path:
        """Where the pictures of a job are to be put.

        Raises:
            StorageError: The folder around it cannot be made.
        """
        target = self.folder / job
        make_folder_of(target)
        return target

    def clear_unfinished(self) -> None:
        """Removes what an earlier process has left that ended while it took pictures."""
        for left in self._folders():
            if not self.queue.knows(left.name):
                shutil.rmtree(left, ignore_errors=True)

    def tidy(self) -> None:
        """Removes the pictures of jobs that have ended and of which the split names none.

        A job that can go on keeps them: one that was interrupted, or ended with a full disk.
        """
        over = [
            folder
            for folder in self._folders()
            if self.queue.knows(folder.name) and _is_over(self.queue.status(folder.name))
        ]
        # A job may have been cancelled when its pictures had joined.
        needed = self._needed() if over else None
        for folder in over:
            if needed is not None and folder.name not in needed:
                shutil.rmtree(folder, ignore_errors=True)

    def _folders(self) -> list[Path]:
        return list(self.folder.iterdir()) if self.folder.is_dir() else []

    def _needed(self) -> set[str] | None:
        """The folders that the split has pictures of; None where nobody can say that."""
        try:
            faces = self.desk.catalogue().faces
        except MaskGateError:
            return None
        place = f"{self.folder.resolve()}{os.sep}"
        images = (str(face.record.image) for face in faces)
        return {image[len(place) :].partition(os.sep)[0] for image in images if image.startswith(place)}


def _is_over(status: JobStatus) -> bool:
    if status.state in WAITING or status.state is JobState.INTERRUPTED:
        return False
    full = status.outcome is not None and status.outcome.exit_code == StorageError.exit_code
    return status.state is not JobState.FAILED or not full
