"""The documents and the sample configuration agree with the code."""

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
from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SCRIPTS = PROJECT["project"]["scripts"]
SAMPLE = (ROOT / "config.toml").read_text()
UNITS = {"_s": "second", "_px": "pixel", "_days": "days"}

DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "systemd" / "README.md"])
RECORDS = sorted((DOCS / "adr").glob("0*.md"))
MOVES = DOCS / "adr" / "0007-packages-and-floors.md"
"""This record and those after it name files as they are; it lists what has moved of the ones before."""
PATH = re.compile(
    r"(?<![\w/.-])(?:edge|training|convert|tests|docs|scripts|systemd|requirements)/(?:[\w.-]+/)*(?:[\w.-]+\.\w+)?"
)


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


def names(pages: list[Path]) -> list[object]:
    """The pages as parameters, each named by its path."""
    return [pytest.param(page, id=str(page.relative_to(ROOT))) for page in pages]


def named_paths(page: Path) -> set[str]:
    """The files and folders that the text of a page names, its links left out."""
    return set(PATH.findall(re.sub(r"\]\([^)]*\)", "]", page.read_text())))


def moved() -> set[str]:
    """The files that the seventh record lists as moved."""
    return set(re.findall(r"^\| \d \| `([^`]+)` \|", MOVES.read_text(), flags=re.MULTILINE))


def anchors(page: Path) -> set[str]:
    """What the headings of a page are called in links."""
    found = re.findall(r"^#+ (.*)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", names(PAGES))
def test_every_link_resolves(page: Path) -> None:
    """Each relative link leads to a file of the project, and to a heading where it names one."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if link.startswith(("https://", "http://")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", names([page for page in PAGES if page not in RECORDS or page >= MOVES]))
def test_every_path_exists(page: Path) -> None:
    """Each file and folder of the project that a page names exists."""
    paths = named_paths(page) - (moved() if page == MOVES else set())
    assert not [path for path in paths if not (ROOT / path).exists()]


def test_every_document_that_code_names_exists() -> None:
    """Each document that sources, scripts, samples, config.toml or the Makefile send a reader to exists."""
    folders = ("edge", "training", "convert", "scripts", "systemd", "docs/samples")
    kinds = {".py", ".toml", ".sh", ".service", ".conf", ".acl"}
    files = [file for folder in folders for file in (ROOT / folder).rglob("*") if file.suffix in kinds]
    files += [ROOT / "Makefile", ROOT / "config.toml"]
    named = {(file.name, path) for file in files for path in PATH.findall(file.read_text())}
    assert not sorted((name, path) for name, path in named if "docs/" in path and not (ROOT / path).exists())


def test_older_records_name_what_has_moved() -> None:
    """The files that records before the seventh name exist, or stand in its table of moved files."""
    paths = {path for record in RECORDS if record < MOVES for path in named_paths(record)}
    assert {path for path in paths if not (ROOT / path).exists()} == moved()


def test_the_index_leads_to_every_page() -> None:
    """Each document is linked in the index, and each record in the list of records."""
    records = DOCS / "adr" / "README.md"
    index = (DOCS / "index.md").read_text()
    lists = {page: records.read_text() if page in RECORDS else index for page in DOCS.rglob("*.md")}
    machines = set((DOCS / "results" / "bench").glob("*.md"))
    missing = [
        page
        for page, text in lists.items()
        if f"({page.relative_to(records.parent if page in RECORDS else DOCS)})" not in text
    ]
    assert set(missing) <= {DOCS / "index.md"} | machines


def test_architecture_and_glossary_name_what_exists() -> None:
    """Each class that architecture, glossary and seventh record name is defined in the sources."""
    sources = "\n".join(
        file.read_text()
        for folder in ("edge", "training", "convert")
        for file in (ROOT / folder).rglob("*.py")
    )
    defined = set(re.findall(r"^(?:class )?([A-Z]\w*)\b", sources, flags=re.MULTILINE))
    pages = [DOCS / "architecture.md", DOCS / "glossary.md", MOVES]
    named = {name for page in pages for name in re.findall(r"`([A-Z]\w*[a-z]\w*)[.`]", page.read_text())}
    assert len(named) > 50
    assert not sorted(named - defined)


def test_the_glossary_says_where_a_term_is() -> None:
    """Each class, function or constant of the glossary is defined in the file that stands beside it."""
    wrong = []
    for names_, file in re.findall(
        r"((?:`[\w.]+`(?:, )?)+) in `([\w/.]+)`", (DOCS / "glossary.md").read_text()
    ):
        text = (ROOT / file).read_text()
        for name in re.findall(r"`([\w.]+)`", names_):
            first, _, member = name.partition(".")
            defined = re.search(rf"^(?:class |def )?{first}\b", text, flags=re.MULTILINE)
            if not defined or not re.search(rf"\b{member}\b", text):
                wrong.append((name, file))
    assert not wrong


def test_the_architecture_names_every_floor() -> None:
    """Each package that has a floor in the import contracts stands in the architecture."""
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    text = (DOCS / "architecture.md").read_text()
    floors = []
    for contract in contracts:
        prefix = "".join(f"{name}." for name in contract.get("containers", []))
        layers = [name.strip() for layer in contract.get("layers", []) for name in layer.split("|")]
        floors += [(prefix + name).replace(".", "/") for name in layers]
    assert len(floors) > 20
    assert not [floor for floor in floors if f"`{floor}/`" not in text and f"`{floor}.py`" not in text]
