"""Who may import whom, and that a bare device can import all that it runs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from tests.support.paths import ROOT

IMPORT_ALL = """
import importlib, pkgutil, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"blocked: {name}", name=name)

sys.meta_path.insert(0, Refuse())
import edge
found = [module.name for module in pkgutil.walk_packages(edge.__path__, "edge.", lambda name: None)]
names = [name for name in found if not name.startswith(ELSEWHERE)]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names), *sorted({name.partition(".")[0] for name in sys.modules} & {"training", "convert"}))
"""

NOT_ON_A_DEVICE = (
    "tensorflow", "keras", "picamera2", "libcamera", "gpiozero", "lgpio", "matplotlib", "PIL", "sklearn",
    "skimage", "scipy", "imagehash", "jinja2", "jsonschema", "jsonschema_rs", "sqlalchemy", "psycopg",
    "fastapi", "starlette", "uvicorn",
)  # fmt: skip
NOT_FOR_A_DEVICE = ("edge.collector", "edge.collector.app", "edge.web")
"""The receiving side and the pages run where their extras are installed."""


def test_import_contracts() -> None:
    """The import contracts of pyproject.toml hold."""
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_imports_on_a_bare_device() -> None:
    """Every module of `edge` imports without training's packages, the camera's and the pins'."""
    code = f"BLOCKED = {NOT_ON_A_DEVICE!r}\nELSEWHERE = {NOT_FOR_A_DEVICE!r}\n{IMPORT_ALL}"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    count, *others = run.stdout.split()
    assert int(count) > 20
    assert not others


YARDSTICK = ROOT / "edge" / "benchmark" / "baseline_worker.py"
"""The bare process that `maskgate bench` compares the daemon with: it imports what the daemon does."""


@cache
def importers(package: str) -> dict[str, set[str]]:
    """For each imported library: the files of a package that import it."""
    found = defaultdict(set)
    for file in set((ROOT / package).rglob("*.py")) - {YARDSTICK}:
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Import(names=names):
                    libraries = [alias.name for alias in names]
                case ast.ImportFrom(module=str(module), level=0):
                    libraries = [module]
                case ast.Call(
                    func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(module)), *_]
                ):
                    libraries = [module]
                case _:
                    continue
            for library in libraries:
                found[library.partition(".")[0]].add(str(file.relative_to(ROOT)))
    return found


@pytest.mark.parametrize("library", ["picamera2", "gpiozero", "paho", "sqlite3", "cryptography"])
def test_one_adapter_each(library: str) -> None:
    """A device or network library is imported in exactly one module of the device's code."""
    assert len(importers("edge")[library]) == 1


def test_one_package_speaks_to_the_collectors_database() -> None:
    """SQLAlchemy is imported below `edge/collector/database` only."""
    assert {Path(file).parent.as_posix() for file in importers("edge")["sqlalchemy"]} == {
        "edge/collector/database"
    }


def test_one_place_for_interpreters() -> None:
    """Only one module names the interpreters, as texts: which of them is there shows at run time."""
    named = [
        str(file.relative_to(ROOT))
        for file in set((ROOT / "edge").rglob("*.py")) - {YARDSTICK}
        if any(name in file.read_text() for name in ("ai_edge_litert.", "tflite_runtime."))
    ]
    assert named == ["edge/vision/interpreter.py"]
