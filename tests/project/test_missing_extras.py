"""Every command of every program, where the packages of an extra are missing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from edge.cli.app import EXTRAS, LOCKS
from tests.support.paths import ROOT
from tests.support.predictions import drawn_split

PACKAGES = {"maskgate": "edge", "maskgate-train": "training", "maskgate-convert": "convert"}
SPLIT = ["--split", "split.json"]
ARGUMENTS = {
    "maskgate predict": ["a.jpg"],
    "maskgate replay": ["a.mp4"],
    "maskgate bench": ["--source", "a.mp4"],
    "maskgate check": ["--config", "a.toml"],
    "maskgate events replay": ["1", "2"],
    "maskgate events purge": ["--older-than", "1"],
    "maskgate models install": ["a.json"],
    "maskgate models verify": ["d"],
    "maskgate models fetch": ["--url", "file:///nowhere"],
    "maskgate collect load": ["a.json"],
    "maskgate web": ["--config", "d"],
    "maskgate-train data": ["d"],
    "maskgate-train fit": SPLIT,
    "maskgate-train folds": SPLIT,
    "maskgate-train evaluate": ["a.keras", "split.json"],
    "maskgate-train report": ["a.keras", "split.json"],
    "maskgate-train compare": ["a.toml", *SPLIT],
    "maskgate-train add": ["d", "--label", "with_mask", *SPLIT],
    "maskgate-train gate": ["d", "d", "split.json"],
    "maskgate-train detector": [*SPLIT, "--teacher", "a.onnx"],
    "maskgate-train evaluate-bundle": ["d", *SPLIT],
    "maskgate-train evaluate-detector": ["a.onnx", *SPLIT],
    "maskgate-convert convert": ["a.keras", "-o", "out"],
    "maskgate-convert parity": ["a.keras", "d", *SPLIT],
    "maskgate-convert bench": ["d"],
    "maskgate-convert inspect": ["d"],
    "maskgate-convert detector": ["a.onnx", "--into", "d"],
    "maskgate-convert pack": ["d", "-o", "x"],
    "maskgate-convert keygen": ["k"],
    "maskgate-convert sign": ["d", "--key", "k"],
    "maskgate-convert verify": ["d", "--key", "k"],
}
"""What a command is called with: files of the right kind, all of them empty.

A split is there only where no extra is installed, so that nothing is trained.
"""
NEEDS_EXTRA = {
    "maskgate": {"collect", "web"},
    "maskgate-train": {
        "data",
        "fit",
        "evaluate",
        "evaluate-detector",
        "add",
        "compare",
        "detector",
        "report",
        "workbench",
    },
    "maskgate-convert": {"parity"},
}
"""Commands that come as far as to need it with such files; the others complain of a file before."""
SYSTEM_PACKAGE = "picamera2"
"""Comes from Raspberry Pi OS and from no lock; the default camera needs it."""
ENDLESS = {"run", "demo", "collect"}
Call = tuple[list[str], int, str]
"""The words of a command, its exit code, and what it said on standard error."""
CODES = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}

EVERY_COMMAND = """
import contextlib, importlib, io, json, sys
import click
blocked, package, name, arguments, endless = json.loads(sys.argv[1])
sys.modules.update(dict.fromkeys(blocked))
commands = importlib.import_module(f"{package}.commands")
def paths(command, path):
    yield path
    context = click.Context(command)
    for one in command.list_commands(context) if isinstance(command, click.Group) else ():
        yield from paths(command.get_command(context, one), [*path, one])
def call(words):
    sys.argv = [name, *words]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            commands.main()
        except SystemExit as ended:
            return [words, ended.code, err.getvalue()]
        except BaseException as error:
            return [words, repr(error), err.getvalue()]
found = []
for path in paths(getattr(commands, name.replace("-", "_")), []):
    found.append(call([*path, "--help"]))
    if path and path[-1] not in endless:
        found.append(call([*path, *arguments.get(" ".join([name, *path]), [])]))
print(json.dumps(found))
"""


def called(folder: Path, program: str, python: str, blocked: list[str]) -> list[Call]:
    """Calls every command of a program, and the help of each, in one process."""
    (folder / "d").mkdir()
    for suffix in ("jpg", "mp4", "toml", "onnx", "json", "keras"):
        (folder / f"a.{suffix}").touch()
    order = [blocked, PACKAGES[program], program, ARGUMENTS, sorted(ENDLESS)]
    done = subprocess.run(
        [python, "-c", EVERY_COMMAND, json.dumps(order)],
        cwd=folder, env={"PYTHONPATH": str(ROOT), "STATE_DIRECTORY": str(folder), "PATH": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: list[Call] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("program", "extra"),
    [
        ("maskgate", "web"),
        ("maskgate", "collector"),
        ("maskgate", "postgresql"),
        ("maskgate-train", "training"),
        ("maskgate-train", "workbench"),
        ("maskgate-convert", "convert"),
    ],
)
def test_a_missing_extra_is_no_traceback(tmp_path: Path, program: str, extra: str) -> None:
    """Help is said, or the exit code is documented; where it is 8, one sentence names the extra's lock."""
    for words, code, err in called(tmp_path, program, sys.executable, sorted(EXTRAS[extra])):
        assert code in CODES, (words, code, err)
        assert code == 0 or words[-1] != "--help", (words, err)
        assert "Traceback" not in err
        if code == 8 and SYSTEM_PACKAGE not in err:
            assert len(err.splitlines()) == 1
            assert err.endswith(
                f"pip install --no-deps --require-hashes -r requirements/{LOCKS[extra]}.txt\n"
            )


BARE = [venv for name in (".venv-edge", ".venv-tflite") if (venv := ROOT / name / "bin").exists()]
"""Environments with the packages of a device and no extra; `make demo` and `make test` have made them."""


@pytest.mark.skipif(not BARE, reason="neither .venv-edge nor .venv-tflite: make test makes one")
@pytest.mark.parametrize("venv", BARE, ids=lambda venv: venv.parent.name)
@pytest.mark.parametrize(
    ("program", "lock"),
    [("maskgate", "collector"), ("maskgate-train", "training"), ("maskgate-convert", "training")],
)
def test_an_install_without_extras(tmp_path: Path, venv: Path, program: str, lock: str) -> None:
    """In the environment of a device: what needs an extra ends with 8 and its lock, the rest works."""
    drawn_split(tmp_path)
    needing: set[str] = set()
    for words, code, err in called(tmp_path, program, f"{venv}/python", []):
        if words[-1:] == ["--help"]:
            assert (code, err) == (0, ""), words
            continue
        assert "Traceback" not in err
        assert code in CODES, (words, code, err)
        if code == 8 and SYSTEM_PACKAGE not in err:
            needing.add(words[0])
            wanted = LOCKS.get(words[0], lock)
            assert err.endswith(f"-r requirements/{wanted}.txt\n"), words
    assert needing >= NEEDS_EXTRA[program]


@pytest.mark.parametrize("lock", sorted({*LOCKS.values(), "edge", "pi"}))
def test_the_sentence_names_a_lock_that_there_is(lock: str) -> None:
    """And the command of the install pages."""
    assert (ROOT / "requirements" / f"{lock}.txt").is_file()
    install = (ROOT / "README.md").read_text()
    assert "pip install --no-deps --require-hashes -r requirements/" in install
