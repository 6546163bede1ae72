"""No program tells more of an address than scheme and host, wherever it is typed or set."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from edge import config
from edge.cli.options import FilePath
from edge.errors import ConfigError
from tests.support.paths import ROOT

PROGRAMS = {"maskgate": "edge", "maskgate-train": "training", "maskgate-convert": "convert"}
SECRETS = ("Sec", "ret1", "viewer")
ADDRESSES = (
    "rtsp://viewer:Sec/ret1@127.0.0.1:9/cam",
    "rtsp://viewer:Sec'ret1@door/cam",
    "rtsp:/viewer:Secret1@door/cam",
    "rtsp//viewer:Secret1@door/cam",
    "http://door/cam?password=Secret1",
    "mqtt://viewer:Secret1@broker",
    "viewer:Secret1@door/cam",
    "postgresql://viewer:Secret1@db/events",
)


TYPED = (ADDRESSES[1], ADDRESSES[4], ADDRESSES[6])
"""With a quote, with a query, and without a scheme."""


def parameters(command: click.Command, name: str) -> Iterator[tuple[str, click.Parameter]]:
    """Every parameter of a command and of those below it, with what it is called."""
    for parameter in command.params:
        yield f"{name} {parameter.name}", parameter
    if isinstance(command, click.Group):
        for below in command.list_commands(click.Context(command)):
            found = command.get_command(click.Context(command), below)
            assert found is not None
            yield from parameters(found, f"{name} {below}")


def program(name: str) -> click.Command:
    """One of the three programs."""
    made = getattr(importlib.import_module(f"{PROGRAMS[name]}.commands"), name.replace("-", "_"))
    assert isinstance(made, click.Command)
    return made


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_path_of_any_command_takes_an_address(name: str) -> None:
    """It is refused before anything is done with it, and nothing secret of it is said."""
    paths = {
        where: parameter.type
        for where, parameter in parameters(program(name), name)
        if isinstance(parameter.type, click.Path)
    }
    assert paths
    for where, kind in paths.items():
        assert isinstance(kind, FilePath), where
        for address in ADDRESSES:
            with pytest.raises(click.BadParameter) as refused:
                kind.convert(address, None, None)
            assert not any(secret in refused.value.format_message() for secret in SECRETS), where


def test_names_with_strange_letters_are_files() -> None:
    """What has no scheme and no login is a path, and is told."""
    kind = FilePath(path_type=Path)
    for name in ("photo@2x.jpg", "12:30.jpg", "C:\\photos\\a.jpg", "a&b.jpg", "what?.jpg", "a:b/c.mp4"):
        assert kind.convert(name, None, None) == Path(name)


def test_a_file_that_is_there_is_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is called."""
    monkeypatch.chdir(tmp_path)
    Path("a:b@c.jpg").touch()
    assert FilePath(exists=True, path_type=Path).convert("a:b@c.jpg", None, None) == Path("a:b@c.jpg")


SAID = (
    ("maskgate", "ADDRESS"),
    ("maskgate", "--ADDRESS"),
    ("maskgate", "predict", "ADDRESS"),
    ("maskgate", "predict", "--bundle=ADDRESS", "a.jpg"),
    ("maskgate", "check", "ADDRESS"),
    ("maskgate", "bench", "--source", "ADDRESS"),
    ("maskgate", "events", "export", "--since", "ADDRESS"),
    ("maskgate", "models", "fetch", "--url", "ADDRESS"),
    ("maskgate", "collect", "--broker", "ADDRESS"),
    ("maskgate", "collect", "--ca-file", "ADDRESS"),
    ("maskgate", "collect", "--consumer", "ADDRESS"),
    ("maskgate", "collect", "report", "--timezone", "ADDRESS"),
    ("maskgate", "collect", "report", "--by", "ADDRESS"),
    ("maskgate", "collect", "report", "--from", "ADDRESS"),
    ("maskgate", "collect", "report", "--database", "ADDRESS"),
    ("maskgate", "--log-level", "ADDRESS"),
    ("maskgate-train", "fit", "--split", "ADDRESS"),
    ("maskgate-train", "folds", "--devices", "ADDRESS", "--split", "."),
    ("maskgate-convert", "convert", "--version", "ADDRESS"),
)
ALL_OF_THEM = """
import importlib, sys
from edge.cli.app import run_app
for program, *arguments in {lines!r}:
    group = getattr(importlib.import_module({programs!r}[program] + ".commands"), program.replace("-", "_"))
    sys.argv = [program, *arguments]
    try:
        run_app(group, "collector")
    except SystemExit as ended:
        print(ended.code, arguments, file=sys.stderr if ended.code == 1 else sys.stdout)
"""


def test_nothing_that_was_typed_is_told(tmp_path: Path) -> None:
    """Where an address stands for a command, an option or a choice, its password is not repeated."""
    lines = [[word.replace("ADDRESS", address) for word in line] for line in SAID for address in TYPED]
    code = ALL_OF_THEM.format(lines=lines, programs=PROGRAMS)
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("\n") == len(lines)
    assert "Traceback" not in run.stderr
    told = [line for line in run.stderr.splitlines() if any(secret in line for secret in SECRETS)]
    assert not told, told


KEYS = (
    "[classifier]\nbundle = '%s'",
    "[classifier]\ntrusted_keys = ['%s']",
    "[detector]\nmodel = '%s'",
    "[camera]\nsource = 'rtsp://viewer@door'\npassword_file = '%s'",
    "[mqtt]\nca_file = '%s'",
    "[mqtt]\nusername = 'x'\nhost = '%s'",
    "[spool]\npath = '%s'",
    "[log]\nlevel = '%s'",
    "[device]\nname = '%s'",
    "[camera]\n'%s' = 1",
)


@pytest.mark.parametrize("lines", KEYS)
def test_nothing_that_was_configured_is_told(lines: str, tmp_path: Path) -> None:
    """An address under a wrong key is refused, and its password is not repeated."""
    for address in ADDRESSES:
        if "'" in address:
            continue
        (tmp_path / "c.toml").write_text(lines % address)
        with pytest.raises(ConfigError) as refused:
            config.load(tmp_path / "c.toml")
        assert not any(secret in str(refused.value).replace("viewer@door", "") for secret in SECRETS)
