"""Names, packages and imports: what a reader may rely on without looking."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator

from tests.support.paths import ROOT

PROGRAMS = ("edge", "training", "convert")

REGISTRY = "edge/cli/app.py"
"""Imports commands by the names in the tables of the programs, so that help is immediate."""

IMPORTING = ("import_module", "__import__")
"""Functions that take the name of a module as text."""

MORE_THAN_NAMES = ("edge.bundle", "edge.camera", "edge.collector.database", "edge.indicator", "edge.spool")
"""Packages that hand on what is in their modules, and so import what those need."""

HEAVY = (
    "cryptography", "cv2", "keras", "matplotlib", "numpy", "onnx", "paho", "pydantic", "rich", "scipy",
    "sklearn", "sqlalchemy", "sqlite3", "tensorflow",
)  # fmt: skip


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the three programs: its path, and its syntax tree."""
    for program in PROGRAMS:
        for file in sorted((ROOT / program).rglob("*.py")):
            yield file.relative_to(ROOT).as_posix(), ast.parse(file.read_text(encoding="utf-8"))


def packages() -> dict[str, ast.Module]:
    """The packages by their names."""
    end = "/__init__.py"
    return {path.removesuffix(end).replace("/", "."): tree for path, tree in sources() if path.endswith(end)}


def test_no_class_name_stands_for_two_things() -> None:
    """A public class has a name of its own in the whole project."""
    places = defaultdict(list)
    for path, tree in sources():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_every_package_says_in_a_sentence_what_is_in_it() -> None:
    """Its docstring begins with a sentence."""
    silent = {
        name
        for name, tree in packages().items()
        if not (ast.get_docstring(tree) or "").partition("\n\n")[0].endswith((".", ":"))
    }
    assert silent == set()


def test_every_folder_with_modules_is_a_package() -> None:
    """None is one by chance, without a file that says what is in it."""
    folders = {path.rpartition("/")[0].replace("/", ".") for path, _ in sources()}
    assert folders == set(packages())


def imported_by_string(tree: ast.Module) -> set[str]:
    """Names of the project's modules that a function which imports is given as text."""
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in IMPORTING and node.args:
            texts = [part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)]
            found |= {text for text in texts if str(text).partition(".")[0] in PROGRAMS}
    return found


def test_no_import_by_string() -> None:
    """Types, contracts and readers see every import of the project's own modules."""
    found = {path: names for path, tree in sources() if (names := imported_by_string(tree))}
    found.pop(REGISTRY, None)
    assert found == {}, "import it inside the function, as an ordinary import"


def test_a_package_imports_nothing_heavy() -> None:
    """Who imports one module of a package does not load the libraries of the others."""
    light = [name for name in packages() if not name.startswith(MORE_THAN_NAMES)]
    code = f"import sys, {', '.join(light)}; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
