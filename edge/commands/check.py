"""`maskgate check`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from edge import config as configuration
from edge.cli.options import config_file_option
from edge.daemon.all_in_one import all_in_one
from edge.daemon.service import Problem
from edge.errors import ConfigError, SeveralError


@click.command()
@config_file_option
@click.option("--connect", is_flag=True, help="Also open camera, lamp and broker; the daemon must not run.")
def check(file: Path, connect: bool) -> None:
    """Do what `run` does before its first frame; every problem at once, each as section.key: problem.

    Without --connect no camera, lamp or broker is needed. Nothing is written. The exit code is that with
    which `run` would end; without a place for its spool it would go on, and keep events in memory.

    \b
    Examples:
      maskgate check --config /etc/maskgate/config.toml
      maskgate check --connect
    """
    problems = list(_problems(file, connect))
    if problems:
        raise SeveralError([str(problem) for problem in problems], problems[0].error.exit_code)
    click.echo(f"{file} is in order")


def _problems(file: Path, connect: bool) -> Iterator[Problem]:
    config, wrong = configuration.examine(file)
    yield from (Problem(key, ConfigError(f"{key}: {problem}")) for key, problem in wrong)
    told = tuple(key for key, _ in wrong)
    for problem in all_in_one(config).examine(connect=connect):
        # A default took the place of what is wrong, so what comes of it is no problem of this file.
        if not any(problem.key == key or problem.key.startswith(f"{key}.") for key in told):
            yield problem
