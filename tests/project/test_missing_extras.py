"""Every command of every program, where the packages of an extra are missing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from edge.cli.app import EXTRAS, LOCKS
from tests.support.paths import ROOT

PACKAGES = {"maskgate": "edge", "maskgate-train": "training", "maskgate-convert": "convert"}
ARGUMENTS = {
    "predict": ["a.jpg"],
    "replay": ["a.mp4"],
    "bench": ["--source", "a.mp4"],
    "check": ["--config", "a.toml"],
    "data": ["d", "--detector", "a.onnx"],
    "fit": ["--split", "a.json"],
    "folds": ["d", "--detector", "a.onnx"],
    "evaluate": ["a.keras", "a.json"],
    "report": ["a.keras", "a.json"],
    "compare": ["a.keras", "a.keras"],
    "add": ["a.json", "d"],
    "gate": ["d", "d"],
    "detector": ["--split", "a.json"],
    "evaluate-bundle": ["d", "a.json"],
    "evaluate-detector": ["a.onnx", "a.json"],
    "convert": ["d", "-o", "out"],
    "parity": ["d", "d"],
    "inspect": ["d"],
    "pack": ["d", "x"],
    "keygen": ["k"],
    "sign": ["d"],
    "verify": ["d"],
}
"""What a command is called with: files of the right kind, all of them empty."""
ENDLESS = {"run", "demo", "collect", "web"}
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
        found.append(call([*path, *arguments.get(path[-1], [])]))
print(json.dumps(found))
"""


@pytest.mark.parametrize(
    ("program", "extra"),
    [
        ("maskgate", "web"),
        ("maskgate", "collector"),
        ("maskgate", "postgresql"),
        ("maskgate-train", "training"),
        ("maskgate-convert", "convert"),
    ],
)
def test_a_missing_extra_is_no_traceback(tmp_path: Path, program: str, extra: str) -> None:
    """Help is said, or the exit code is documented; where it is 8, one sentence names the extra's lock."""
    (tmp_path / "d").mkdir()
    for suffix in ("jpg", "mp4", "toml", "onnx", "json", "keras"):
        (tmp_path / f"a.{suffix}").touch()
    order = [sorted(EXTRAS[extra]), PACKAGES[program], program, ARGUMENTS, sorted(ENDLESS)]
    done = subprocess.run(
        [sys.executable, "-c", EVERY_COMMAND, json.dumps(order)],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "STATE_DIRECTORY": str(tmp_path), "PATH": ""},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    for words, code, err in json.loads(done.stdout):
        assert code in CODES, (words, code, err)
        assert code == 0 or words[-1] != "--help", (words, err)
        assert "Traceback" not in err
        if code == 8:
            assert len(err.splitlines()) == 1
            assert err.endswith(
                f"pip install --no-deps --require-hashes -r requirements/{LOCKS[extra]}.txt\n"
            )


@pytest.mark.parametrize("lock", sorted({*LOCKS.values(), "edge", "pi"}))
def test_the_sentence_names_a_lock_that_there_is(lock: str) -> None:
    """And the command of the install pages."""
    assert (ROOT / "requirements" / f"{lock}.txt").is_file()
    install = (ROOT / "README.md").read_text()
    assert "pip install --no-deps --require-hashes -r requirements/" in install
