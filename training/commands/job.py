"""`maskgate-train job`: the process of a job of the workbench."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from edge.cli.options import FOLDER


@click.command(hidden=True)
@click.argument("folder", type=FOLDER)
def job(folder: Path) -> None:
    """Does the job in FOLDER, which the workbench has queued; the workbench calls this.

    What the job prints stands in its log, and how it ended in its outcome.json.

    Example: maskgate-train job workbench/jobs/20250101-120000-retrain
    """
    from training.workbench import job_worker

    job_worker.work(folder, _run)


def _run(words: Sequence[str]) -> None:
    from training.commands import maskgate_train

    # Errors come through, whose sentences the job keeps.
    maskgate_train.main(args=list(words), prog_name="maskgate-train", standalone_mode=False)
