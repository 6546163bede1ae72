"""What a command is told wrongly, before it waits for the framework, for weights, or for pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from convert.commands import maskgate_convert
from edge import bundle
from edge.errors import MaskGateError
from tests.support.recipes import recipe
from training import framework
from training.commands import maskgate_train

PROGRAMS = {"maskgate-train": maskgate_train, "maskgate-convert": maskgate_convert}
NETWORK, RECIPE, SPLIT, TEACHER = "model.keras", "tiny.toml", "bad.json", bundle.SHIPPED_DETECTOR
CALLS = [
    ("maskgate-train", "fit", "--split", SPLIT, "--recipe", RECIPE, "--weights", "absent.h5"),
    ("maskgate-train", "fit", "--split", SPLIT, "--recipe", RECIPE, "--from", bundle.SHIPPED),
    ("maskgate-train", "folds", "--split", SPLIT, "--recipe", RECIPE, "--weights", "absent.h5"),
    ("maskgate-train", "folds", "--split", SPLIT, "--recipe", RECIPE, "--by", "source"),
    ("maskgate-train", "learning-curve", "--split", SPLIT, "--recipe", RECIPE, "--weights", "absent.h5"),
    ("maskgate-train", "compare", RECIPE, "--split", SPLIT, "--weights", "tiny=absent.h5"),
    ("maskgate-train", "add", "photos", "--split", SPLIT),
    ("maskgate-train", "detector", "--split", SPLIT, "--teacher", TEACHER),
    ("maskgate-train", "evaluate-detector", TEACHER, "--split", SPLIT),
    ("maskgate-train", "evaluate-bundle", bundle.SHIPPED, "--split", SPLIT),
    ("maskgate-train", "evaluate", NETWORK, SPLIT),
    ("maskgate-train", "report", NETWORK, SPLIT),
    ("maskgate-train", "gate", NETWORK, bundle.SHIPPED, SPLIT),
    ("maskgate-convert", "convert", NETWORK, "--data", SPLIT, "-o", "made"),
    ("maskgate-convert", "parity", NETWORK, bundle.SHIPPED, "--split", SPLIT),
]
TAUGHT = ("--split", SPLIT, "--recipe", "teacher.toml")
OTHERS = [
    (("maskgate-train", "fit", "--data", "photos", "--recipe", "teacher.toml"), "gone.keras does not exist"),
    (("maskgate-train", "folds", *TAUGHT), "gone.keras does not exist"),
    (("maskgate-train", "learning-curve", *TAUGHT), "gone.keras does not exist"),
    (("maskgate-train", "compare", "teacher.toml", "--split", SPLIT), "gone.keras does not exist"),
    (("maskgate-train", "fit", "--data", "photos", "--recipe", RECIPE, "--hard", SPLIT), "bad.json"),
    (("maskgate-train", "report", NETWORK, "photos", "--learning-curve", SPLIT), "bad.json"),
    (("maskgate-train", "evaluate", NETWORK, "photos", "--worst", "sheet.txt"), "sheet.txt is no name of"),
]
SHOWS_IT = {"workbench"}
"""These tell of it on their pages."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands are called, with what they name; loading the framework fails the test."""

    def load(*_: object) -> None:
        raise AssertionError("the framework was loaded")

    monkeypatch.setattr(framework, "load_framework", load)
    monkeypatch.chdir(tmp_path)
    text = recipe(tmp_path).read_text()
    Path("teacher.toml").write_text(f'{text}\n[distil]\nteacher = "gone.keras"\n')
    Path(SPLIT).write_text("[]")
    Path(NETWORK).write_bytes(b"PK\x03\x04")
    Path("photos").mkdir()
    return tmp_path


def sentence_of(call: Sequence[object], folder: Path) -> str:
    """What the command ends with; it writes nothing."""
    before = sorted(folder.iterdir())
    program, *words = map(str, call)
    done = CliRunner().invoke(PROGRAMS[program], words)
    assert isinstance(done.exception, MaskGateError), done.exception
    assert sorted(folder.iterdir()) == before
    return str(done.exception)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: " ".join(map(str, call[:2])))
def test_a_damaged_split(call: tuple[object, ...], folder: Path) -> None:
    """By every command that takes one."""
    assert "split manifest bad.json is damaged" in sentence_of(call, folder)


@pytest.mark.parametrize(("call", "words"), OTHERS)
def test_other_slips(call: tuple[object, ...], words: str, folder: Path) -> None:
    """A teacher that is gone, a file of another kind, a name that says no kind of picture."""
    assert words in sentence_of(call, folder)


def commands_of(program: click.Group) -> Iterator[click.Command]:
    context = click.Context(program)
    for name in program.list_commands(context):
        command = program.get_command(context, name)
        assert command is not None
        yield command


def test_no_command_is_missing() -> None:
    """Every one that has an option for a split is called above."""
    called = {call[:2] for call in CALLS}
    taking = {
        (name, command.name)
        for name, program in PROGRAMS.items()
        for command in commands_of(program)
        if any("--split" in one.opts for one in command.params) and command.name not in SHOWS_IT
    }
    assert taking <= called
