"""`maskgate check`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import click

from edge import config as configuration
from edge.cli.options import bundle_option, config_file_option, detector_option
from edge.daemon.all_in_one import all_in_one
from edge.daemon.service import Problem
from edge.errors import ConfigError, SeveralError


@click.command()
@config_file_option
@bundle_option
@detector_option
@click.option("--connect", is_flag=True, help="Also open camera, lamp and broker; the daemon must not run.")
def check(file: Path, bundle: Path | None, detector: Path | None, connect: bool) -> None:
    """Do what `run` does before its first frame; every problem at once, each as section.key: problem.

    Without --connect no camera, lamp or broker is needed. Nothing is written. The exit code is that with
    which `run` would end for the same user; without a place for its spool `run` would go on, and keep
    events in memory.

    \b
    Examples:
      maskgate check --config /etc/maskgate/config.toml
      maskgate check --connect
    """
    config, wrong = configuration.examine(file)
    problems = [Problem(key, ConfigError(problem)) for key, problem in wrong]
    daemon = all_in_one(configuration.with_models(config, bundle, detector))
    problems += _not_of_defaults(daemon.examine(connect=connect), {key for key, _ in wrong})
    if problems:
        raise SeveralError([str(problem) for problem in problems], problems[0].error.exit_code)
    click.echo(f"{file} is in order")


def _not_of_defaults(problems: Iterable[Problem], wrong: Collection[str]) -> Iterator[Problem]:
    """Problems but for those of a default that took the place of a key that is wrong already."""
    for problem in problems:
        if not any(problem.key == key or problem.key.startswith(f"{key}.") for key in wrong):
            yield problem
