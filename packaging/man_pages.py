"""Writes the man pages of `maskgate`, made from the help of its commands, and its shell completion.

Usage: python packaging/man_pages.py FOLDER, in an environment of one of the locks. FOLDER gets what
belongs below /usr/share: `man/man1`, `bash-completion`, `zsh` and `fish`.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from inspect import cleandoc
from pathlib import Path

import click
from click.shell_completion import BashComplete as _BashComplete
from click.shell_completion import FishComplete, ShellComplete, ZshComplete
from click_man.core import write_man_pages

from edge.commands import maskgate

PROGRAM = "maskgate"


class BashComplete(_BashComplete):
    """Without a look at this machine's bash: the script may be made for another one."""

    @staticmethod
    def _check_version() -> None:
        pass


COMPLETIONS: dict[str, type[ShellComplete]] = {
    f"bash-completion/completions/{PROGRAM}": BashComplete,
    f"zsh/site-functions/_{PROGRAM}": ZshComplete,
    f"fish/vendor_completions.d/{PROGRAM}.fish": FishComplete,
}
"""Where each shell looks for the completion of a command."""


def loaded(command: click.Command) -> click.Command:
    """A command as click-man reads it: subcommands at hand, help as lines of a man page."""
    context = click.Context(command)
    command.short_help = command.get_short_help_str(limit=200).rstrip(".")
    # Click's mark for lines that are kept as they are; a man page keeps those that begin with a blank.
    command.help = cleandoc(command.help or "").replace("\b\n", "")
    if isinstance(command, click.Group):
        found = {name: command.get_command(context, name) for name in command.list_commands(context)}
        command.commands = {name: loaded(child) for name, child in found.items() if child is not None}
    return command


def main() -> None:
    """Writes them."""
    folder = Path(sys.argv[1])
    pages = folder / "man" / "man1"
    pages.mkdir(parents=True, exist_ok=True)
    program = loaded(maskgate)
    write_man_pages(PROGRAM, program, version=version(PROGRAM), target_dir=str(pages))
    for place, shell in COMPLETIONS.items():
        file = folder / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(shell(program, {}, PROGRAM, "_MASKGATE_COMPLETE").source() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
