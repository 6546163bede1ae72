"""`maskgate-convert bench`: speed, size and memory of models, side by side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from edge.benchmark.machine import machine
from edge.benchmark.models import CALLS, ROUNDS, measure_models, thread_counts, timing_rows
from edge.cli.options import EXISTING, FILE, json_option
from edge.cli.output import json_text, progress, table
from edge.errors import ConfigError

NAMED = ("cpu", "cores", "python", "interpreter")


@click.command()
@click.argument("paths", metavar="MODEL|BUNDLE...", nargs=-1, required=True, type=EXISTING)
@click.option(
    "--threads",
    multiple=True,
    type=click.IntRange(1, 64),
    help="Threads of the interpreter, several times if you like; 1, 2 and 4 as far as there are cores.",
)
@click.option("--rounds", default=ROUNDS, show_default=True, help=f"Turns of {CALLS} calls each.")
@click.option("-o", "--output", type=FILE, help="Also write OUTPUT.json, and OUTPUT.md for people.")
@json_option
def bench(
    paths: tuple[Path, ...], threads: tuple[int, ...], rounds: int, output: Path | None, as_json: bool
) -> None:
    """Measures models side by side: bundles, .tflite files, and all variants of Keras models.

    Each runs in a process of its own, all of them in turns, so that ratios hold on a busy machine, too.

    \b
    Examples:
      maskgate-convert bench bundle
      maskgate-convert bench runs/20250101-120000-default bundle --threads 1 -o docs/results/bench/desktop
    """
    from convert.benchmark import entrants

    counts = threads or thread_counts()
    with ExitStack() as stack:
        with progress("preparing"):
            models = stack.enter_context(entrants(paths))
        bar = stack.enter_context(progress("measuring", rounds * len(counts)))
        laps = measure_models(models, counts, rounds=rounds, progress=bar.advance)
    about = {name: value for name, value in machine("auto").items() if name in NAMED}
    report = {"machine": about, "rounds": rounds, "calls": CALLS, "laps": [asdict(lap) for lap in laps]}
    if output is not None:
        _write(output, report, timing_rows(laps))
    click.echo(json_text(report) if as_json else table(timing_rows(laps), "l"))


def _write(output: Path, report: dict[str, Any], rows: Sequence[Sequence[str]]) -> None:
    try:
        output.with_suffix(".json").write_text(json.dumps(report, indent=1) + "\n")
        output.with_suffix(".md").write_text(markdown(output.name, report, rows))
    except OSError as error:
        raise ConfigError(f"{output}.json and .md cannot be written: {error.strerror}") from None


def markdown(name: str, report: dict[str, Any], rows: Sequence[Sequence[str]]) -> str:
    """The table for people, with what it was measured on."""
    about = ", ".join(f"{key} {value}" for key, value in report["machine"].items())
    heads, *cells = rows
    lines = [heads, [":--", *["--:"] * (len(heads) - 1)], *cells]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return (
        f"# {name}\n\nMeasured on: {about}.\n\n"
        f"Each model ran in a process of its own, all of them in turns, {report['rounds']} times "
        f"{report['calls']} calls with one crop each. `ratio` is to the first model with as many threads.\n\n"
        f"{table}\n"
    )
