"""The command `maskgate-train`: a module for each command, imported when it is called."""

from __future__ import annotations

import click

from edge.cli.app import LazyGroup, log_level_option, run_app, version_option

COMMANDS = {
    "data": "training.commands.data:data",
    "fit": "training.commands.fit:fit",
    "folds": "training.commands.folds:folds",
    "learning-curve": "training.commands.learning_curve:learning_curve",
    "thresholds": "training.commands.thresholds:thresholds",
    "evaluate": "training.commands.evaluate:evaluate",
    "report": "training.commands.report:report",
    "compare": "training.commands.compare:compare",
    "add": "training.commands.add:add",
    "gate": "training.commands.gate:gate",
    "job": "training.commands.job:job",
    "detector": "training.commands.detector:detector",
    "evaluate-bundle": "training.commands.evaluate_bundle:evaluate_bundle",
    "evaluate-passes": "training.commands.evaluate_passes:evaluate_passes",
    "evaluate-detector": "training.commands.evaluate_detector:evaluate_detector",
    "workbench": "training.commands.workbench:workbench",
}


@click.group(cls=LazyGroup, commands_at=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@version_option
@log_level_option
def maskgate_train() -> None:
    """Trains a mask classifier and judges it honestly.

    \b
    Examples:
      maskgate-train data datasets -o split.json
      maskgate-train fit --split split.json --weights mobilenet_v2.h5
      maskgate-train evaluate runs/20250101-120000-default/model.keras split.json
    """


def main() -> None:
    """Runs the command."""
    run_app(maskgate_train, "training", "workbench")
