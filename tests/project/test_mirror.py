"""Tests mirror the sources: a module is tested in the file of its name, at the mirrored place."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PACKAGES = ("edge", "training", "convert")

TESTED_WITH = {
    # Thin commands: they are tested with what they hand over to.
    "convert/commands/bench.py": "tests/convert/test_benchmark.py",
    "convert/commands/inspect.py": "tests/convert/test_inspect.py",
    "edge/commands/collect.py": "tests/edge/collector/test_app.py",
    "training/commands/compare.py": "tests/training/evaluation/test_comparison.py",
    # `python -m edge`.
    "edge/__main__.py": "tests/edge/commands/test_events.py",
    "edge/commands/vision.py": "tests/edge/daemon/test_vision_process.py",
    # The services put together: they are tested where they run.
    "edge/daemon/all_in_one.py": "tests/edge/daemon/test_spool_service.py",
    "edge/daemon/link_client_service.py": "tests/edge/daemon/test_uplink_process.py",
    "edge/daemon/link_path.py": "tests/edge/daemon/test_uplink_process.py",
    "edge/daemon/link_server_service.py": "tests/edge/daemon/test_uplink_process.py",
    "edge/daemon/uplink_factory.py": "tests/edge/uplink/test_uplink.py",
    "edge/system/picture_limit.py": "tests/edge/system/test_image_files_limits.py",
    # The frame and the parts of pages, which are tested where they are shown.
    "training/workbench/pages/charts.py": "tests/training/workbench/pages/test_runs.py",
    "training/workbench/pages/faces.py": "tests/training/workbench/pages/test_data.py",
    "training/workbench/bench.py": "tests/training/workbench/pages/test_trying.py",
    "training/workbench/frame.py": "tests/training/workbench/pages/test_trying.py",
    "training/workbench/parts.py": "tests/training/workbench/pages/test_trying.py",
    # Values without behaviour: options as typed, records, tables.
    "edge/collector/config.py": "tests/edge/collector/test_connection.py",
    "edge/collector/database/tables.py": "tests/edge/collector/database/test_writes.py",
    "edge/collector/records.py": "tests/edge/collector/test_parse.py",
    "edge/diagnostics/finding.py": "tests/edge/diagnostics/test_doctor.py",
    # Protocols.
    "edge/daemon/service.py": "tests/edge/daemon/test_daemon_services.py",
    "edge/pipeline/ports.py": "tests/edge/spool/test_spool.py",
    "edge/uplink/ports.py": "tests/support/sessions.py",
}
"""Modules without a test file of their name, and the file that tests them."""

MODULES = sorted(
    str(file.relative_to(ROOT))
    for package in PACKAGES
    for file in (ROOT / package).rglob("*.py")
    if file.name != "__init__.py" or len(file.read_text().splitlines()) > 1
)
TESTS = sorted(
    str(file.relative_to(ROOT))
    for package in PACKAGES
    for file in (ROOT / "tests" / package).rglob("test_*.py")
)


def module_of(test: str) -> str | None:
    """The module that a test file stands for: `test_<module>.py` or `test_<module>_<aspect>.py`."""
    folder = Path(test).parent.relative_to("tests")
    words = Path(test).stem.removeprefix("test_").split("_")
    for count in range(len(words), 0, -1):
        name = "_".join(words[:count])
        package = folder / "__init__.py" if folder.name == name else folder / name / "__init__.py"
        for file in (folder / f"{name}.py", package):
            if (ROOT / file).is_file():
                return str(file)
    return None


def names_of(module: str) -> set[str]:
    """The module's own name, its dotted name, how it is started, and what it defines."""
    file = ROOT / module
    if file.name == "__main__.py":
        return {f'"-m", "{file.parent.name}"'}
    body = ast.parse(file.read_text()).body
    defined = {node.name for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    return {n for n in defined if not n.startswith("_")} | {
        file.stem,
        module.removesuffix(".py").replace("/", "."),
    }


TESTED = {module_of(test) for test in TESTS}


@pytest.mark.parametrize("test", TESTS)
def test_a_test_file_stands_for_a_module(test: str) -> None:
    """At the mirrored place, without exception."""
    assert module_of(test) is not None, f"{test} is named after no module; split it, or move it"


def test_a_module_is_tested_in_the_file_of_its_name() -> None:
    """Or it stands in the table, with the file that tests it."""
    missing = [
        m for m in MODULES if m not in TESTED and m not in TESTED_WITH and not m.endswith("__init__.py")
    ]
    assert not missing, f"no test file is named after {', '.join(missing)}"


@pytest.mark.parametrize(("module", "test"), TESTED_WITH.items())
def test_the_table_is_true(module: str, test: str) -> None:
    """Each module is there, has no test file of its own, and is named by the file that tests it."""
    assert module in MODULES
    assert module not in TESTED
    text = (ROOT / test).read_text()
    assert any(re.search(rf"(?<![\w-]){re.escape(name)}(?!\w)", text) for name in names_of(module))


def test_the_table_is_short() -> None:
    """It is for the exceptions."""
    assert len(TESTED_WITH) <= 35
