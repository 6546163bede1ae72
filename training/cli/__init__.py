"""The command `maskgate-train`."""

from __future__ import annotations

import click

from edge.cli.app import LazyGroup, log_level_option, run_app, version_option

COMMANDS = {
    "data": "training.cli.data:data",
    "fit": "training.cli.fit:fit",
    "folds": "training.cli.folds:folds",
    "evaluate": "training.cli.evaluate:evaluate",
    "report": "training.cli.report:report",
    "compare": "training.cli.compare:compare",
    "add": "training.cli.add:add",
    "gate": "training.cli.gate:gate",
    "detector": "training.cli.detector:detector",
    "evaluate-bundle": "training.cli.evaluate_bundle:evaluate_bundle",
    "evaluate-detector": "training.cli.evaluate_detector:evaluate_detector",
}


@click.group(cls=LazyGroup, commands_at=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@version_option
@log_level_option
def maskgate_train() -> None:
    """Trains a mask classifier and judges it honestly.

    \b
    Examples:
      maskgate-train data datasets --detector yunet.onnx -o split.json
      maskgate-train fit --split split.json --weights mobilenet_v2.h5
      maskgate-train evaluate runs/20250101-120000-default/model.keras split.json
    """


def main() -> None:
    """Runs the command."""
    run_app(maskgate_train)
