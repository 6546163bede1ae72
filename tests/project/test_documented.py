"""What a user can type, set or receive is documented: commands, options, keys, topics, members."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from edge.config import Config
from edge.messages.payloads import SCHEMA_FILE
from edge.messages.topics import Topics
from scripts import reference_pages
from tests.project.test_docs import PAGES, leaves, names
from tests.support.paths import ROOT

MQTT = (ROOT / "docs" / "reference" / "mqtt.md").read_text()
MESSAGES: dict[str, Any] = json.loads(SCHEMA_FILE.read_text())["$defs"]
SECTIONS = {
    "event": "event",
    "state": "state",
    "info": "info",
    "pass_begin": "pass/begin",
    "pass_end": "pass/begin",
    "gap": "gap",
    "ack": "ack",
    "stats": "stats",
    "summary": "summary/hour",
    "command": "command",
    "reply": "command",
    "collected": "Summaries of a collector",
}
"""The section of mqtt.md, by the first word of its heading, for each message that has members."""

CALL = re.compile(
    r" *(?:sudo )?(?:[\w./-]*bin/)?(maskgate(?:-train|-convert)? (?!.*\[OPTIONS)[^|<>#&;`]*)(?:[|<>#&;].*)?"
)
"""A line that calls a program, up to where the shell takes over; a line of usage is none."""


def missing(names: Iterable[str], text: str) -> list[str]:
    """Which of the names stand nowhere in a text, each as a whole word."""
    return [name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)]


def unexplained(line: str, command: click.Command) -> list[str]:
    """The options of a command that have no help, as one types them."""
    options = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    return [f"{line} {one.opts[0]}" for one in options if not one.help]


def calls(text: str) -> Iterator[list[str]]:
    """The words of every line of a document that calls a program of the project."""
    for line in text.replace("\\\n", " ").splitlines():
        if found := CALL.fullmatch(line):
            yield found[1].split()


def unknown(words: list[str]) -> list[str]:
    """Of a call as it is typed, the command or the options that do not exist."""
    command: click.Command = reference_pages.program(words[0])
    at = 1
    while isinstance(command, click.Group) and at < len(words) and not words[at].startswith("-"):
        found = command.get_command(click.Context(command), words[at])
        if found is None:
            return [words[at]]
        command, at = found, at + 1
    known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help"}
    given = (word.partition("=")[0] for word in words[at:] if word.startswith("--"))
    return [word for word in given if word not in known]


def section(head: str) -> str:
    """The part of mqtt.md below a heading."""
    for part in re.split(r"^## ", MQTT, flags=re.MULTILINE)[1:]:
        if part.replace("`", "").startswith(head):
            return part
    raise AssertionError(f"mqtt.md has no section {head}")


def members(schema: dict[str, Any]) -> Iterator[str]:
    """The names of all members of a message, those of objects within it too."""
    if reference := schema.get("$ref"):
        yield from members(MESSAGES[reference.rpartition("/")[2]])
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from members(inner)
    for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from members(inner)


@pytest.mark.parametrize("name", reference_pages.PAGES)
def test_the_reference_is_what_the_program_says(name: str) -> None:
    """So every command, option and key that is there stands in it, with its help or comment."""
    assert (reference_pages.FOLDER / name).read_text() == reference_pages.PAGES[name](), (
        "run: python scripts/reference_pages.py"
    )


@pytest.mark.parametrize("name", reference_pages.PROGRAMS)
def test_every_option_is_explained(name: str) -> None:
    """Each option of each command has a help text, and stands in the reference."""
    found = list(reference_pages.commands(reference_pages.program(name), name))
    page = (reference_pages.FOLDER / "commands.md").read_text()
    assert len(found) > 5
    assert [one for line, command in found for one in unexplained(line, command)] == []
    assert missing((line for line, _ in found), page) == []


def test_every_key_is_documented() -> None:
    """Each section of config.toml stands in configuration.md, each key below its section in the reference."""
    overview = (ROOT / "docs" / "configuration.md").read_text()
    page = (reference_pages.FOLDER / "config.md").read_text()
    blocks = {part.partition("\n")[0]: part for part in page.split("\n## ")[1:]}
    keys = [(place, name) for place, name, _ in leaves(Config)]
    assert missing({f"[{place}]" for place, _ in keys}, overview) == []
    assert [(place, name) for place, name in keys if missing([f"{name} ="], blocks.get(place, ""))] == []


def test_every_topic_is_documented() -> None:
    """Each topic of a device stands in the table of topics."""
    device = Topics("site", "door")
    names = [name for name, value in vars(Topics).items() if isinstance(value, property)]
    paths = [str(getattr(device, name)) for name in names if name not in ("origin", "client_id")]
    topics = [path.removeprefix("maskgate/site/door/") for path in paths]
    assert len(topics) > 10
    assert missing(topics, MQTT.partition("\n## ")[0]) == []


@pytest.mark.parametrize("name", [name for name, schema in MESSAGES.items() if schema.get("title")])
def test_every_member_is_documented(name: str) -> None:
    """Each member of each message stands in the section of that message: as code, or in an example."""
    found = set(members(MESSAGES[name]))
    if name == "availability":
        assert not found
        return
    assert found
    text = section(SECTIONS[name])
    assert sorted(one for one in found if f"`{one}`" not in text and f'"{one}":' not in text) == []


@pytest.mark.parametrize("page", names(PAGES))
def test_documents_call_what_is_there(page: Path) -> None:
    """Every command and option that a line of a document calls exists."""
    assert [(words, found) for words in calls(page.read_text()) if (found := unknown(words))] == []


def test_what_is_not_documented_is_found() -> None:
    """An invented command, option without help, key, topic and member are each named."""

    @click.command()
    @click.option("--volume")
    @click.option("--tone", help="High or low.")
    def sing(volume: str, tone: str) -> None: ...

    assert unexplained("maskgate sing", sing) == ["maskgate sing --volume"]
    page = (reference_pages.FOLDER / "commands.md").read_text()
    assert missing(["maskgate sing", "maskgate run"], page) == ["maskgate sing"]
    assert missing(["--volume", "--json"], page) == ["--volume"]
    assert missing(["[choir]", "[camera]"], (ROOT / "docs" / "configuration.md").read_text()) == ["[choir]"]
    assert missing(["song", "event"], MQTT) == ["song"]
    invented = {"properties": {"choir": {"anyOf": [{"properties": {"voices": {}}}]}, "id": {}}}
    assert set(members(invented)) == {"choir", "voices", "id"}


def test_what_is_not_there_is_found() -> None:
    """A line that calls an invented command or option is named, wherever it goes on."""
    text = "Text.\n    sudo maskgate run --config a.toml \\\n      --volume 3 | less\n`maskgate run`\n"
    (words,) = calls(text)
    assert words == ["maskgate", "run", "--config", "a.toml", "--volume", "3"]
    assert unknown(words) == ["--volume"]
    assert unknown(["maskgate", "events", "sing"]) == ["sing"]
