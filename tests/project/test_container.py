"""Image and compose file: what can be said of them without an engine for containers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from edge.config import load
from edge.demo import CLIP
from edge.web.metrics import WebMetrics
from tests.support.paths import ROOT

CONTAINER = ROOT / "packaging" / "container"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
GAUGES = {"maskgate_daemon_running", "maskgate_blind", "maskgate_people", "maskgate_spool_unsent_events"}


def lines(file: Path) -> set[str]:
    """Those that say something."""
    return {line for line in file.read_text().splitlines() if line and not line.startswith("#")}


def test_every_file_that_is_mounted_is_there() -> None:
    """A folder would be made in the place of one that is missing."""
    for service in COMPOSE["services"].values():
        for mount in service.get("volumes", ()):
            source = mount.split(":")[0]
            assert not source.startswith("./") or (ROOT / source).is_file()
            assert source.startswith(("./", "/")) or source in COMPOSE["volumes"]


def test_every_service_is_locked_in() -> None:
    """A read-only root, no rights, no way to more; fixed versions, and nothing open to other machines."""
    for service in COMPOSE["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["logging"] == {"driver": "local"}  # The log of the usual driver grows for ever.
        assert service["image"] == "maskgate" or re.fullmatch(r"[a-z/-]+:v?\d+\.\d+\.\d+", service["image"])
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_secrets_are_made_for_all_that_want_one(tmp_path: Path) -> None:
    """The script makes each file once."""
    shutil.copytree(CONTAINER, tmp_path / "packaging" / "container")
    script = tmp_path / "packaging" / "container" / "secrets.sh"
    wanted = {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    made: list[dict[str, str]] = []
    for _ in range(2):
        subprocess.run([str(script)], check=True, capture_output=True)
        made.append({file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()})
    assert made[0] == made[1]
    assert made[0].keys() == wanted
    assert all(len(text) > 24 for name, text in made[0].items() if name != "camera-password")


def test_the_broker_has_the_advised_settings() -> None:
    """Those of the sample, but for TLS, and for where the image keeps things."""
    own = (
        "listener",
        "cafile",
        "certfile",
        "keyfile",
        "tls_version",
        "password_file",
        "acl_file",
        "persistence_loc",
    )
    advised = lines(ROOT / "docs" / "samples" / "mosquitto" / "mosquitto.conf")
    there = lines(CONTAINER / "mosquitto.conf")
    assert {line for line in advised if not line.startswith(own)} == {
        line for line in there if not line.startswith(own)
    }
    users = set(re.findall(r"(?m)^user (\w+)", (ROOT / "docs/samples/mosquitto/maskgate.acl").read_text()))
    assert set(COMPOSE["services"]["broker"]["secrets"]) <= users


@pytest.mark.parametrize(
    ("camera", "source"),
    [
        ("rtsp://user@cam.example/a?b=1&c=2", "rtsp://user@cam.example/a?b=1&c=2"),
        ("/dev/video7", "/dev/host/video7"),
        ("clip", str(CLIP)),
    ],
)
def test_one_variable_names_the_camera(tmp_path: Path, camera: str, source: str) -> None:
    """The device's start puts it in front of the rest of the configuration, whatever is in it."""
    (tmp_path / "maskgate").write_text("#!/bin/sh\n")
    (tmp_path / "maskgate").chmod(0o755)
    (tmp_path / "python").symlink_to(sys.executable)
    script = tmp_path / "device.sh"
    text = (CONTAINER / "device.sh").read_text()
    script.write_text(text.replace("/etc/maskgate/config.toml", str(CONTAINER / "device.toml")))
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "TMPDIR": str(tmp_path),
        "MASKGATE_CAMERA": camera,
        "PYTHONPATH": f"{ROOT}:{':'.join(sys.path)}",
    }
    subprocess.run(["sh", str(script)], env=environment, check=True)
    config = load(tmp_path / "config.toml")
    assert (config.camera.source, config.mqtt.host) == (source, "broker")


def test_a_device_without_a_camera_says_what_to_set() -> None:
    """In one sentence."""
    command = ["sh", str(CONTAINER / "device.sh")]
    done = subprocess.run(
        command, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "MASKGATE_CAMERA: set it to /dev/video0" in done.stderr


def test_the_dashboard_asks_for_figures_that_there_are() -> None:
    """Each metric of its queries is one of `/metrics`."""
    metrics = WebMetrics("1.0")
    metrics.count_request("GET", "/", 200, 0.01)
    there = GAUGES | {
        sample.name
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }
    panels = json.loads((CONTAINER / "grafana" / "maskgate.json").read_text())["panels"]
    asked = {
        name for panel in panels for t in panel["targets"] for name in re.findall(r"maskgate_\w+", t["expr"])
    }
    assert asked <= there | {"maskgate_camera_seconds_total"}


def test_continuous_integration_runs_what_a_developer_runs() -> None:
    """On both processors."""
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    assert {"run": ".ci/run"} in jobs["test"]["steps"]
    assert jobs["test"]["strategy"]["matrix"]["machine"] == ["ubuntu-24.04", "ubuntu-24.04-arm"]
    assert all(job["needs"] == "test" for name, job in jobs.items() if name != "test")
