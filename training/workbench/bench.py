"""What the pages of the workbench work with: settings, who may come in, and what was made once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.config import Config, WebConfig
from edge.web.auth import Guard
from training.workbench.data_desk import DataDesk
from training.workbench.models import ModelShelf
from training.workbench.renewal import Renewal
from training.workbench.uploads import UploadShelf
from training.workbench.videos import VideoShelf


@dataclass(frozen=True, slots=True)
class WorkbenchSettings:
    """What the command line says.

    Attributes:
        device: How a device would judge: its detector, its thresholds of size and sharpness.
        web: Where the pages are served, and to whom.
        runs: The folder of all training runs.
        data: Data set folders.
        split: The manifest of a split; None where there is none yet.
        models: Bundles, networks and run folders that can be tried beside those in `runs`.
        folder: Where the workbench keeps what outlives it: jobs, corrections, uploads.
        inbox: A folder in which devices look for new bundles; None where there is none.
        more: A zip of labelled pictures that is offered for a first try; None where there is none.
    """

    device: Config
    web: WebConfig
    runs: Path
    data: tuple[Path, ...]
    split: Path | None
    models: tuple[Path, ...]
    folder: Path
    inbox: Path | None = None
    more: Path | None = None


@dataclass(frozen=True, slots=True)
class Workbench:
    """What every page gets."""

    settings: WorkbenchSettings
    guard: Guard
    models: ModelShelf
    pictures: UploadShelf
    videos: VideoShelf
    desk: DataDesk
    renewal: Renewal
