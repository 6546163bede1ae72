"""The systemd unit: what it promises, and what systemd itself says of it."""

from __future__ import annotations

import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from tests.support.paths import ROOT

FOLDER = ROOT / "systemd"
UNIT = FOLDER / "maskgate.service"
COLLECTOR = FOLDER / "maskgate-collector.service"
VISION = FOLDER / "maskgate-vision.service"
UPLINK = FOLDER / "maskgate-uplink.service"
WEB = FOLDER / "maskgate-web.service"
GUARD = FOLDER / "maskgate-relay@.service"
CALL = FOLDER / "maskgate-relay.socket"
EXPOSURE = {UNIT: 1.8, COLLECTOR: 1.0, VISION: 0.4, UPLINK: 1.0, WEB: 1.0, GUARD: 0.4}
"""The most that `systemd-analyze security` may find of each unit."""
every = pytest.mark.parametrize("unit", EXPOSURE, ids=lambda unit: unit.stem)


def settings_of(unit: Path) -> dict[str, list[str]]:
    """A unit's keys, each with its values in order."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in unit.read_text(encoding="utf-8").splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found[key].append(value)
    return found


@pytest.fixture(scope="module")
def settings() -> dict[str, list[str]]:
    return settings_of(UNIT)


@pytest.fixture(scope="module")
def analyze() -> str:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed; on Debian: apt-get install systemd")
    return program


@every
def test_the_exposure_is_as_low_as_is_said(analyze: str, unit: Path) -> None:
    """`systemd-analyze security` finds the sandbox tight enough."""
    threshold = f"--threshold={round(10 * EXPOSURE[unit])}"
    command = [analyze, "security", "--offline=yes", "--no-pager", threshold, str(unit)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Overall exposure level" in result.stdout, result.stderr
    assert result.returncode == 0, result.stdout.splitlines()[-1]


def test_the_exposure_check_can_fail(analyze: str, tmp_path: Path) -> None:
    """Without its system call filter the same unit does not pass."""
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    loose = tmp_path / "maskgate.service"
    loose.write_text("\n".join(line for line in lines if not line.startswith("SystemCallFilter")))
    command = [analyze, "security", "--offline=yes", "--no-pager", "--threshold=20", str(loose)]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize("unit", [*EXPOSURE, CALL], ids=lambda unit: unit.name)
def test_systemd_understands_every_line(analyze: str, tmp_path: Path, unit: Path) -> None:
    """With an executable in place `systemd-analyze verify` has nothing to say of it."""
    program = tmp_path / "maskgate"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    # A socket is looked at with what it starts.
    for file in {unit, GUARD} if unit == CALL else {unit}:
        text = file.read_text(encoding="utf-8").replace("/opt/maskgate/bin/maskgate", str(program))
        (tmp_path / file.name).write_text(text)
    there = tmp_path / unit.name.replace("@.", "@0.")
    if "@" in unit.name:
        (tmp_path / unit.name).rename(there)
    command = [analyze, "verify", "--man=no", str(there)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    # It looks at the units that ours names as well, and may complain of those.
    told = (result.stdout + result.stderr).splitlines()
    # Of systemd 254; an older one says that it passes over them.
    complaints = [line for line in told if "maskgate" in line and "'Restart" not in line]
    assert complaints == []
    assert result.returncode == 0


def test_readiness_and_watchdog_are_the_daemons_own(settings: dict[str, list[str]]) -> None:
    """systemd waits for READY, and the loop's slowest sign of life comes well within the watchdog."""
    assert settings["Type"] == ["notify"]
    assert settings["WatchdogSec"] == ["10s"]
    assert settings["ExecStart"] == ["/opt/maskgate/bin/maskgate run --config /etc/maskgate/config.toml"]


@pytest.mark.parametrize("unit", [UNIT, VISION], ids=lambda unit: unit.stem)
def test_pins_are_waited_for_when_it_has_ended(unit: Path) -> None:
    """The time for stopping is that of `ExecStopPost`, too, which a busy machine starts slowly."""
    found = settings_of(unit)
    assert "lamp off" in found["ExecStopPost"][0]
    assert found["TimeoutStopSec"] == ["20s"]


def test_a_reload_is_a_hangup(settings: dict[str, list[str]]) -> None:
    """What has the daemon take a new bundle."""
    assert settings["ExecReload"] == ["/bin/kill -HUP $MAINPID"]


@pytest.mark.parametrize("unit", [unit for unit in EXPOSURE if unit != GUARD], ids=lambda unit: unit.stem)
def test_it_never_gives_up(unit: Path) -> None:
    """No limit of starts, and pauses that grow to a minute; what no restart mends is not tried again."""
    lines = unit.read_text(encoding="utf-8").splitlines()
    for line in ("Restart=always", "StartLimitIntervalSec=0", "RestartMaxDelaySec=60s"):
        assert line in lines
    assert "RestartPreventExitStatus=2 8" in lines
    assert not any(line.startswith("StartLimitBurst") for line in lines)


def test_only_cameras_and_gpio_are_open(settings: dict[str, list[str]]) -> None:
    """The device list is closed but for what a camera and lamps need."""
    assert settings["DevicePolicy"] == ["closed"]
    assert {value.split()[0] for value in settings["DeviceAllow"]} == {
        "char-video4linux",
        "char-media",
        "char-dma_heap",
        "char-gpiochip",
    }


def test_the_passwords_are_optional(settings: dict[str, list[str]]) -> None:
    """A credential without a path is looked up and may be absent; with one it would be demanded."""
    assert settings["LoadCredential"] == ["mqtt-password", "camera-password"]


@every
def test_no_core_is_written(unit: Path) -> None:
    """It would hold passwords, and frames."""
    assert "LimitCORE=0" in unit.read_text(encoding="utf-8").splitlines()


def test_groups_that_may_be_missing_are_made(settings: dict[str, list[str]]) -> None:
    """`gpio` exists on a Pi only, and a group that is missing would keep the service from starting."""
    lines = (FOLDER / "sysusers.conf").read_text(encoding="utf-8").splitlines()
    made = {line.split()[1] for line in lines if line.startswith("g ")}
    assert set(settings["SupplementaryGroups"][0].split()) == made == {"video", "gpio"}


def test_state_and_runtime_directory_are_its_own(settings: dict[str, list[str]]) -> None:
    """The configured spool lies in the state directory, lgpio's pipes in the runtime directory."""
    assert settings["DynamicUser"] == ["yes"]
    assert settings["StateDirectory"] == settings["RuntimeDirectory"] == ["maskgate"]
    assert settings["Environment"][0] == "LG_WD=%t/maskgate"


def test_the_guard_of_the_relay_has_a_control_group_of_its_own() -> None:
    """The services that see call it where its socket listens, and nothing else of theirs is its own."""
    call, guard = settings_of(CALL), settings_of(GUARD)
    (address,) = call["ListenStream"]
    for unit in (UNIT, VISION):
        found = settings_of(unit)
        assert f"MASKGATE_RELAY_GUARD={address.replace('/run', '%t')}" in found["Environment"]
        assert CALL.name in found["Wants"]
        assert CALL.name in found["After"]
    assert guard["ExecStart"] == ["/opt/maskgate/bin/maskgate lamp guard"]
    assert call["Accept"] == ["yes"]
    for limit in ("TriggerLimitIntervalSec", "StartLimitIntervalSec"):
        assert call[limit] == ["0"], "a limit would leave the door shut for good"
    assert call["SocketGroup"] == guard["SupplementaryGroups"] == ["gpio"]
    assert guard["StandardInput"] == guard["StandardOutput"] == ["socket"]
    assert [value.split()[0] for value in guard["DeviceAllow"]] == ["char-gpiochip"]
    assert guard["PrivateNetwork"] == ["yes"]


def test_a_guard_that_stands_still_is_killed() -> None:
    """It asks for that itself, for as long as the relay is energised."""
    guard = settings_of(GUARD)
    assert guard["NotifyAccess"] == ["main"]
    assert guard["WatchdogSignal"] == ["SIGKILL"], "another one waits until the process goes on"
    assert guard["RestrictAddressFamilies"] == ["AF_UNIX"], "that of systemd's socket"


def test_the_collectors_unit_has_no_secret_in_it() -> None:
    """Password and database come from files that only root reads, and both may be absent."""
    text = COLLECTOR.read_text(encoding="utf-8")
    assert "EnvironmentFile=-/etc/maskgate/collector.env" in text
    assert "LoadCredential=mqtt-password:maskgate-collector-password" in text, "not the device's"
    assert "--password" not in text


@pytest.mark.parametrize("unit", [COLLECTOR, UPLINK, WEB], ids=lambda unit: unit.stem)
def test_those_without_a_camera_reach_the_networks_of_a_building(unit: Path) -> None:
    """Private and local addresses; the documents say how another one is allowed."""
    found = settings_of(unit)
    assert found["IPAddressDeny"] == ["any"]
    assert found["IPAddressAllow"] == [
        "localhost link-local 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7"
    ]
    assert f"sudo systemctl edit {unit.stem}" in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_half_that_sees_has_no_network_and_the_half_that_sends_no_device() -> None:
    """Neither can be talked into what it is not for, whatever runs in it."""
    vision, uplink = settings_of(VISION), settings_of(UPLINK)
    assert vision["ExecStart"] == ["/opt/maskgate/bin/maskgate vision --config /etc/maskgate/config.toml"]
    assert vision["PrivateNetwork"] == ["yes"]
    assert vision["RestrictAddressFamilies"] == ["AF_UNIX AF_NETLINK"]
    assert "LoadCredential" not in vision
    assert uplink["ExecStart"] == ["/opt/maskgate/bin/maskgate uplink --config /etc/maskgate/config.toml"]
    assert uplink["PrivateDevices"] == ["yes"]
    assert uplink["RestrictAddressFamilies"] == ["AF_UNIX AF_INET AF_INET6"]
    assert "SupplementaryGroups" not in uplink
    assert "DeviceAllow" not in uplink
    assert uplink["StateDirectory"] == ["maskgate-uplink"], "the spool's file is out of its reach"


def test_the_pages_have_the_daemons_user_and_folder() -> None:
    """The control socket answers its own user only; the token is optional, as passwords are."""
    web = settings_of(WEB)
    assert web["ExecStart"] == ["/opt/maskgate/bin/maskgate web --config /etc/maskgate/config.toml"]
    assert (web["DynamicUser"], web["User"], web["StateDirectory"]) == (["yes"], ["maskgate"], ["maskgate"])
    assert web["LoadCredential"] == ["web-token"]
    assert "DeviceAllow" not in web


def test_both_halves_have_one_user_and_one_runtime_directory() -> None:
    """The socket between them answers its own user only, and outlives a restart of either."""
    for half in (VISION, UPLINK):
        found = settings_of(half)
        assert found["DynamicUser"] == ["yes"]
        assert found["User"] == ["maskgate"]
        assert found["RuntimeDirectory"] == ["maskgate"]
        assert found["RuntimeDirectoryPreserve"] == ["yes"]
        assert found["Conflicts"] == ["maskgate.service"], "both would hold the camera and the spool"
