"""The frame of all programs: a package of an extra that is missing is one sentence."""

from __future__ import annotations

import errno
import logging
import os
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import click
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from edge.cli.app import EXTRAS, LazyGroup, run_app, start_logging
from edge.errors import SpoolError
from tests.support.paths import ROOT

PROGRAMS = {"maskgate": "edge", "maskgate-train": "training", "maskgate-convert": "convert"}
ALL = sorted(frozenset[str]().union(*EXTRAS.values()))

HELP_OF_ALL = """
import click, importlib, sys
sys.modules.update(dict.fromkeys({blocked!r}))
program = getattr(importlib.import_module("{package}.commands"), "{name}")
def show(command, context):
    click.echo(command.get_help(context))
    for name in command.list_commands(context) if isinstance(command, click.Group) else ():
        one = command.get_command(context, name)
        show(one, click.Context(one, info_name=name, parent=context))
show(program, click.Context(program))
"""


def lazy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> click.Group:
    """A program with one command, in a module that starts with a text."""
    (tmp_path / "a_command.py").write_text(f"import click\n{text}\nrun = click.Command('run')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "a_command", raising=False)
    return LazyGroup("maskgate-test", commands_at={"run": "a_command:run"})


@pytest.mark.parametrize("arguments", [["run"], ["--help"], ["run", "--help"]])
@pytest.mark.parametrize(
    ("package", "extra", "lock"),
    [("onnx", "training", "training"), ("keras", "convert", "training"), ("psycopg", "convert", "collector")],
)
def test_a_missing_package_is_one_sentence(
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    package: str,
    extra: str,
    lock: str,
    arguments: list[str],
) -> None:
    """Where a command cannot be loaded, it and the list of commands name a lock, with exit code 8."""
    program = lazy(tmp_path, monkeypatch, f"import {package}")
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(sys, "argv", ["maskgate-test", *arguments])
    with pytest.raises(SystemExit) as ended:
        run_app(program, extra)
    assert ended.value.code == 8
    assert capsys.readouterr().err == (
        f"maskgate-test: this command needs {package}, which is not installed; "
        "run where the sources of MaskGate are: "
        f"venv/bin/pip install --no-deps --require-hashes -r requirements/{lock}.txt\n"
    )


@pytest.mark.parametrize(
    ("own", "lock"), [(("collector", "web"), "web"), (("training", "workbench"), "workbench")]
)
def test_the_lock_is_one_of_the_program(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    own: tuple[str, ...],
    lock: str,
) -> None:
    """The same packages serve pages and workbench; each program names the lock that brings all of its own."""
    program = lazy(tmp_path, monkeypatch, "import fastapi")
    monkeypatch.setitem(sys.modules, "fastapi", None)
    monkeypatch.setattr(sys, "argv", ["maskgate-test", "run"])
    with pytest.raises(SystemExit):
        run_app(program, *own)
    assert capsys.readouterr().err.endswith(f"-r requirements/{lock}.txt\n")


def test_any_other_missing_module_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that no extra brings is a fault of ours, and is not hidden."""
    program = lazy(tmp_path, monkeypatch, "import edge.no_such_module")
    monkeypatch.setattr(sys, "argv", ["maskgate-test", "run"])
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        run_app(program, "training")


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_needs_no_extra(program: str) -> None:
    """The help of every command can be read where no extra is installed."""
    code = HELP_OF_ALL.format(blocked=ALL, package=PROGRAMS[program], name=program.replace("-", "_"))
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "Usage" in run.stdout


@pytest.mark.parametrize("extra", EXTRAS)
def test_the_packages_of_an_extra_are_known(extra: str) -> None:
    """Every package that pyproject.toml names for an extra is known by the name it is imported under."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"][extra]
    names = {canonicalize_name(Requirement(one).name) for one in wanted} - {"maskgate"}
    imported = packages_distributions()
    known = {canonicalize_name(name) for package in EXTRAS[extra] for name in imported[package]}
    # TensorFlow is imported under one name from several distributions.
    assert names <= known | EXTRAS[extra]


def program_that(raises: Exception) -> click.Group:
    @click.command()
    def run() -> None:
        logging.getLogger("edge.test").error("first\nsecond")
        raise raises

    return click.Group("maskgate-test", commands={"run": run})


def ended(program: click.Group, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setattr(sys, "argv", ["maskgate-test", "run"])
    start_logging("info")
    with pytest.raises(SystemExit) as end:
        run_app(program, "training")
    return end.value.code


def test_the_journal_gets_the_level_of_each_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`journalctl -p err` finds what is logged, and the sentence with which a program ends."""
    with (tmp_path / "journal").open("w+") as journal:
        monkeypatch.setattr(sys, "stderr", journal)
        state = os.fstat(journal.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{state.st_dev}:{state.st_ino}")
        assert ended(program_that(SpoolError("no disk")), monkeypatch) == 5
        journal.seek(0)
        assert journal.read().splitlines() == ["<3>first\\x0asecond", "<3>maskgate-test: no disk"]
    monkeypatch.undo()
    start_logging("warning")


def test_what_is_written_elsewhere_has_no_level(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A program that a service started has the variable, and not the journal."""
    monkeypatch.setenv("JOURNAL_STREAM", "1:1")
    assert ended(program_that(SpoolError("no disk")), monkeypatch) == 5
    lines = capfd.readouterr().err.splitlines()
    assert lines[-1] == "maskgate-test: no disk"
    assert lines[0].endswith("ERROR first\\x0asecond")
    start_logging("warning")


def test_a_file_that_may_not_be_opened_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever it is come by; the service sees nothing of a home."""
    denied = PermissionError(errno.EACCES, "Permission denied", "/root/bundle/manifest.json")
    assert ended(program_that(denied), monkeypatch) == 4
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("maskgate-test: /root/bundle/manifest.json cannot be opened: Permission denied; ")
    start_logging("warning")
