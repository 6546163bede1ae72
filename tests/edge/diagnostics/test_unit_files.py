"""Units are read as systemd reads them."""

from __future__ import annotations

import pytest

from edge.diagnostics.unit_files import VISION, UnitFile, find_unit, is_masked
from tests.support.devices import UNITS, Patient


def read(patient: Patient) -> UnitFile:
    unit = find_unit(patient.device, VISION)
    assert unit is not None
    return unit


def test_the_last_value_wins_and_an_empty_one_resets_a_list(patient: Patient) -> None:
    patient.install(VISION, "[Service]\nUser=a\nIPAddressDeny=any\nExecStart=/bin/a b\n")
    patient.drop_in(
        VISION, "User = c", "IPAddressDeny=", "IPAddressDeny=10.0.0.0/8", "ExecStart=", "ExecStart=/d"
    )
    unit = read(patient)
    user = unit.last("User")
    assert user is not None
    assert (user.value, user.file.name) == ("c", "override.conf")
    assert unit.words("IPAddressDeny") == ["10.0.0.0/8"]
    assert unit.words("ExecStart") == ["/d"]
    assert unit.without_drop_ins().words("ExecStart") == ["/bin/a", "b"]


def test_comments_other_sections_and_lines_before_any_do_not_count(patient: Patient) -> None:
    patient.install(VISION, "User=x\n[Unit]\nUser=y\n[Service]\n#User=z\n ; User=z\nGroup=a \\\n b\n")
    assert read(patient).last("User") is None
    assert read(patient).words("Group") == ["a", "b"]


@pytest.mark.parametrize("folder", [f"{VISION}.d", "maskgate-.service.d", "service.d"])
def test_drop_ins_of_all_units_of_a_kind_count(patient: Patient, folder: str) -> None:
    patient.install(VISION)
    patient.write(f"run/systemd/system/{folder}/a.conf", "[Service]\nUser=a\n")
    assert read(patient).words("User") == ["a"]


def test_of_drop_ins_with_one_name_the_administrators_counts(patient: Patient) -> None:
    """As with units themselves."""
    patient.install(VISION)
    for folder, user in ((UNITS, "a"), ("run/systemd/system", "b"), ("usr/lib/systemd/system", "c")):
        patient.drop_in(VISION, f"User={user}", folder=folder)
    assert [line.value for line in read(patient).lines if line.key == "User"] == ["a"]


def test_a_unit_that_leads_to_nothing_is_masked(patient: Patient) -> None:
    assert find_unit(patient.device, VISION) is None
    assert not is_masked(patient.device, VISION)
    (patient.root / UNITS / VISION).symlink_to("/dev/null")
    patient.write(f"usr/lib/systemd/system/{VISION}", "[Service]\n")
    assert is_masked(patient.device, VISION)
