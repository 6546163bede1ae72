"""The options of data and evaluation that commands of two programs take."""

from __future__ import annotations

import click

from edge.cli.options import EXISTING
from training.evaluation.thresholds import DEFAULT_LIMITS

limits_option = click.option(
    "--limits",
    type=EXISTING,
    default=DEFAULT_LIMITS,
    help="TOML file of what an answer may cost, instead of the package's training/evaluation/limits.toml.",
)
notes_option = click.option(
    "--notes",
    multiple=True,
    type=EXISTING,
    help="CSV with notes on pictures: what to leave out, right labels, who is who; may be given again.",
)
