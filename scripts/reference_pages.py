"""Writes docs/reference/commands.md and config.md: `python scripts/reference_pages.py`.

They are made of what the commands say themselves and of config.toml. A test says when they are behind.
"""

from __future__ import annotations

import html
import importlib
import re
import tomllib
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "reference"
PROGRAMS: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]

COMMANDS_HEAD = """# Commands

Every command with its options, as `--help` shows them. `python scripts/reference_pages.py` writes this page.
"""
CONFIG_HEAD = """# Keys of config.toml

Every key with its default, unit, bounds and choices: the sample [config.toml](../../config.toml), section by
section. [Configuration](../configuration.md) says how the keys work together.
`python scripts/reference_pages.py` writes this page.
"""


def program(name: str) -> click.Group:
    """The command group of a program of the project."""
    module = importlib.import_module(PROGRAMS[name].partition(":")[0])
    (group,) = [value for value in vars(module).values() if isinstance(value, click.Group)]
    return group


def commands(group: click.Group, line: str) -> Iterator[tuple[str, click.Command]]:
    """A group and every command below it, as one types them; hidden ones are left out."""
    yield line, group
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if found is None or found.hidden:
            continue
        if isinstance(found, click.Group):
            yield from commands(found, f"{line} {name}")
        else:
            yield f"{line} {name}", found


def commands_page() -> str:
    """The page of all programs."""
    parts = [COMMANDS_HEAD]
    for name in PROGRAMS:
        parts += [
            _command(line, found, 2 if line == name else 3) for line, found in commands(program(name), name)
        ]
    return "\n".join(parts)


def _command(line: str, command: click.Command, level: int) -> str:
    context = click.Context(command, info_name=line)
    lines = [f"{'#' * level} {line}", "", "```text", " ".join([line, *command.collect_usage_pieces(context)])]
    lines += ["```", "", *(_paragraph(part) for part in cleandoc(command.help or "").split("\n\n"))]
    records = [one.get_help_record(context) for one in command.params if isinstance(one, click.Option)]
    lines += [f"- `{left}`: {_escaped(right)}" for left, right in filter(None, records)]
    return "\n".join(lines) + "\n"


def _paragraph(text: str) -> str:
    """A paragraph of a help text; examples, and what click keeps as it is, stay as they are."""
    if text.startswith("\b\n"):
        head, _, rest = text.removeprefix("\b\n").partition("\n")
        kept = rest if head.endswith(":") else f"{head}\n{rest}".rstrip()
        return (f"{_escaped(head)}\n\n" if head.endswith(":") else "") + f"```text\n{cleandoc(kept)}\n```\n"
    if text.startswith("Example: "):
        return f"Example:\n\n```text\n{text.removeprefix('Example: ')}\n```\n"
    return _escaped(text) + "\n"


def _escaped(text: str) -> str:
    """Text in which Markdown sees no mark but the backticks around a name."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(
        part if part.startswith("`") else html.escape(part, quote=False).replace("*", r"\*") for part in parts
    )


def config_page() -> str:
    """The page of config.toml."""
    sample = (ROOT / "config.toml").read_text(encoding="utf-8")
    # A comment right above a section is a word about it.
    parts = re.split(r"\n\n(?=(?:#[^\n]*\n)*\[)", sample)[1:]
    blocks = []
    for part in parts:
        (name,) = re.findall(r"^\[([\w.]+)\]$", part, flags=re.MULTILINE)
        blocks.append(f"## {name}\n\n```toml\n{part.strip()}\n```\n")
    return "\n".join([CONFIG_HEAD, *blocks])


PAGES = {"commands.md": commands_page, "config.md": config_page}


def main() -> None:
    """Writes the pages."""
    for name, made in PAGES.items():
        (FOLDER / name).write_text(made(), encoding="utf-8")
        print(f"docs/reference/{name} is written")


if __name__ == "__main__":
    main()
