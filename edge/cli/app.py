"""What the project's commands have in common: loading, options, errors and exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from importlib.metadata import version
from io import StringIO, TextIOWrapper
from typing import Any, cast

import click

from edge.cli.log import LimitedHandler, start_logging
from edge.errors import ConfigError, MaskGateError, MissingExtraError, SourceError
from edge.system.address import without_addresses
from edge.system.native_path import ESCAPED, is_utf8, printable
from edge.system.process import keep_memory_private
from edge.system.systemd import ERROR, at_priority, is_journal

LEVELS = ("debug", "info", "warning", "error")
LEVEL = "edge.cli.log_level"
INTERRUPTED = 130
VARIABLES = ("MASKGATE_DATABASE",)
"""Environment variables that stand for an option, and may hold an address."""

_DESKTOP = frozenset({"PIL", "imagehash", "keras", "matplotlib", "scipy", "sklearn", "tensorflow"})
_SERVER = frozenset({"anyio", "fastapi", "python_multipart", "prometheus_client", "starlette", "uvicorn"})
EXTRAS = {
    "collector": frozenset({"jsonschema_rs", "sqlalchemy", "tzdata"}),
    "web": _SERVER | {"jinja2"},
    "postgresql": frozenset({"psycopg"}),
    "training": _DESKTOP | {"jinja2", "onnx"},
    "workbench": _SERVER | {"nicegui"},
    "cluster": frozenset({"dask", "distributed"}),
    # Not of the extra, but the lock `tflite` leaves it out.
    "convert": _DESKTOP | {"ai_edge_litert"},
}
"""The packages, by the name they are imported under, that each extra of pyproject.toml needs."""
LOCKS = {
    "collector": "collector",
    "web": "web",
    "postgresql": "collector",
    "training": "training",
    "workbench": "workbench",
    "cluster": "training",
    "convert": "training",
}
"""The lock in requirements/ that holds the packages of each extra."""


class LazyGroup(click.Group):
    """A command group that imports a command only when it is called, so that help is immediate."""

    def __init__(self, *args: Any, commands_at: dict[str, str], **kwargs: Any) -> None:
        """Takes the commands as name -> "module:attribute", in the order in which help lists them."""
        super().__init__(*args, **kwargs)
        self._commands_at = commands_at

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Names of all commands."""
        return list(self._commands_at)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in self._commands_at:
            return None
        module, attribute = self._commands_at[cmd_name].split(":")
        return cast(click.Command, getattr(importlib.import_module(module), attribute))


def _set_log_level(context: click.Context, _option: click.Parameter, value: str | None) -> None:
    context.meta[LEVEL] = value
    start_logging(value or "warning")


def log_as_configured(level: str) -> None:
    """Logs at the configured level, unless --log-level was given; for programs that run on."""
    start_logging(click.get_current_context().meta[LEVEL] or level, LimitedHandler())


version_option = click.version_option(version("maskgate"), message="%(prog)s %(version)s")
log_level_option = click.option(
    "--log-level",
    type=click.Choice(LEVELS),
    callback=_set_log_level,
    expose_value=False,
    help="What to log to standard error (warning; `run` takes the configuration's).",
)


def run_app(group: click.Group, *extras: str) -> None:
    """Runs a command group; every error that a user can do something about is one sentence.

    Args:
        group: The program.
        extras: The program's own extras; the first that brings a package that is missing is named.
    """
    # Before anything is read: pictures, passwords and keys are in the memory of nearly every command.
    keep_memory_private()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=ESCAPED)
    try:
        code = _main(group, extras)
    except MaskGateError as error:
        for line in _told(str(error)).split("\n"):
            sentence = f"{group.name}: {printable(line)}"
            click.echo(at_priority(ERROR, sentence) if is_journal(sys.stderr) else sentence, err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        shown = StringIO()
        error.show(shown)
        click.echo(_told(shown.getvalue()), nl=False, err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # Whoever read the output has had enough; closing standard output again must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)


def _told(sentence: str) -> str:
    """What is said of an error: of addresses that were typed, no more than scheme and host."""
    given = [*sys.argv[1:], *filter(None, map(os.environ.get, VARIABLES))]
    return without_addresses(sentence, given)


def _main(group: click.Group, own: tuple[str, ...]) -> object:
    """Runs a command group.

    Raises:
        MissingExtraError: It imports a package of an extra that is not installed.
        SourceError: A file may not be opened.
        ConfigError: A name is not UTF-8 that has to be stored or sent as text.
    """
    try:
        # Else click would print errors in its own form and choose the exit code.
        return group.main(prog_name=group.name, standalone_mode=False)
    except PermissionError as error:
        if error.filename is None:
            raise
        raise SourceError(
            f"{printable(os.fsdecode(error.filename))} cannot be opened: {error.strerror}; put it where this "
            "user may read it (a service sees nothing below /home and /root)"
        ) from None
    except UnicodeEncodeError as error:
        if is_utf8(error.object):
            raise
        raise ConfigError(
            f"{printable(error.object[:200])} is not UTF-8 text; give it a name that is"
        ) from None
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        extra = next((name for name in (*own, *EXTRAS) if package in EXTRAS[name]), None)
        if extra is None:
            raise
        raise MissingExtraError(
            f"this command needs {error.name}, which is not installed", LOCKS[extra]
        ) from None
