"""The documents and the sample configuration keep up with the code."""

from __future__ import annotations

import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

import annotated_types
import click
import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from edge.config import Config

ROOT = Path(__file__).parent.parent
SCRIPTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
SAMPLE = (ROOT / "config.toml").read_text()
UNITS = {"_s": "second", "_px": "pixel", "_days": "days"}


def command_lines(program: str) -> Iterator[tuple[str, click.Command]]:
    """Every command of a program as one types it."""
    module = importlib.import_module(SCRIPTS[program].partition(":")[0])
    commands = [value for value in vars(module).values() if isinstance(value, click.Command)]
    (root,) = [c for c in commands if isinstance(c, click.Group)] or commands
    yield from _walk(program, root)


def _walk(line: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield line, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        if not child.hidden:
            yield from _walk(f"{line} {name}", child)


@pytest.mark.parametrize("program", SCRIPTS)
def test_every_command_is_documented(program: str) -> None:
    """Each command stands in the README or in a document, spelt as one types it."""
    documents = "\n".join(file.read_text() for file in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
    lines = [line for line, _ in command_lines(program)]
    assert lines
    assert not [line for line in lines if not re.search(rf"(?<![\w-]){re.escape(line)}(?![\w-])", documents)]


@pytest.mark.parametrize("program", SCRIPTS)
def test_every_command_shows_an_example(program: str) -> None:
    """The help of each command holds a line that one can copy."""
    without = [
        line
        for line, command in command_lines(program)
        if f"{line} " not in f"{command.help} {command.epilog} ".replace("\n", " \n")
    ]
    assert not without


def leaves(model: type[BaseModel], section: str = "") -> Iterator[tuple[str, str, FieldInfo]]:
    """Every key of a configuration: its section, its name, its declaration."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from leaves(kind, f"{section}.{name}".strip("."))
        else:
            yield section, name, field


def sample_comments() -> dict[tuple[str, str], str]:
    """What the sample says of each key: the comment block above its paragraph and that on its line."""
    section, block, comments = "", "", {}
    for line in SAMPLE.splitlines():
        if header := re.fullmatch(r"\[([\w.]+)\]", line):
            section, block = header[1], ""
        elif key := re.match(r"(?:# )?(\w+) = (?:\"[^\"]*\"|\[[^\]]*\]|[\w.-]+)(?: *# (.*))?$", line):
            comments[section, key[1]] = f"{block} {key[2] or ''}".strip()
        elif line.startswith("#"):
            block += line
        else:
            block = ""
    return comments


KEYS = [pytest.param(*leaf, id=".".join(leaf[:2])) for leaf in leaves(Config)]


@pytest.mark.parametrize(("section", "name", "field"), KEYS)
def test_the_sample_explains_every_key(section: str, name: str, field: FieldInfo) -> None:
    """Each key stands in config.toml with a comment that gives its unit, its bounds or its choices."""
    comment = sample_comments().get((section, name))
    assert comment
    words = [unit for suffix, unit in UNITS.items() if name.endswith(suffix)]
    if get_origin(field.annotation) is Literal:
        words += [str(choice) for choice in get_args(field.annotation)]
    if field.annotation is bool:
        words += ["true", "false"]
    if field.annotation is int:
        words += [str(m.ge) for m in field.metadata if isinstance(m, annotated_types.Ge)]
        words += [str(m.le) for m in field.metadata if isinstance(m, annotated_types.Le)]
    assert not [word for word in words if word not in comment]


def test_the_sample_has_no_other_keys() -> None:
    """config.toml documents nothing that does not exist."""
    assert set(sample_comments()) == {(section, name) for section, name, _ in leaves(Config)}


def test_the_sample_shows_the_defaults() -> None:
    """config.toml as it stands changes nothing."""
    assert Config.model_validate(tomllib.loads(SAMPLE)) == Config()
