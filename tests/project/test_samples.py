"""The samples for other programs do what they say, as far as those programs are there."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from edge.messages.payloads import encode, event_payload
from edge.types import Outcome
from tests.support.builders import event, verdict
from tests.support.mosquitto import Mosquitto
from tests.support.mqtt5 import Desk, desk
from tests.support.paths import ROOT
from tests.support.schema import SCHEMA

SAMPLES = ROOT / "docs" / "samples"
TOPIC = "maskgate/site/door/event"


@contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[str]]:
    """A program with its children, whose output goes through a pipe."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        process.stdout.close()


def printed(program: subprocess.Popen[str], opened: Desk) -> list[str]:
    """Four lines on: somebody who comes until the program hears it, nonsense, a verdict that comes twice,
    another person's, and a revision of the first.
    """
    assert program.stdout is not None
    while not select.select([program.stdout], [], [], 0.1)[0]:
        opened.say(TOPIC, encode(event_payload(event(9, Outcome.UNSURE, 9))))
    no_mask, other = event(1, Outcome.NO_MASK, 1), event(2, Outcome.UNSURE, 2)
    revision = replace(event(3), verdict=verdict(Outcome.COMPLIANT, 1, 1))
    opened.say(TOPIC, b"nonsense")
    for one in (no_mask, no_mask, other, revision):
        opened.say(TOPIC, encode(event_payload(one)))
    return [program.stdout.readline() for _ in range(4)]


@pytest.mark.broker
def test_the_subscriber_in_python_counts_each_person_once(broker: Mosquitto, tmp_path: Path) -> None:
    """By the latest verdict, over repeated deliveries; nonsense does not end it."""
    file = tmp_path / "events.db"
    command = (sys.executable, str(SAMPLES / "subscribers" / "subscriber.py"), "127.0.0.1", str(file))
    with desk(broker.port) as opened, running(*command, str(broker.port)) as program:
        lines = printed(program, opened)
    assert lines[1] == f"{TOPIC} no_mask {{'no_mask': 1, 'unsure': 1}}\n"
    assert lines[3] == f"{TOPIC} compliant {{'compliant': 1, 'unsure': 2}}\n"


@pytest.mark.broker
def test_the_subscriber_in_the_shell_prints_each_verdict_once(broker: Mosquitto) -> None:
    """Time, topic, verdict and direction."""
    if not (shutil.which("mosquitto_sub") and shutil.which("jq")):
        pytest.skip("its programs are not installed; on Debian: apt-get install mosquitto-clients jq")
    script = str(SAMPLES / "subscribers" / "subscriber.sh")
    with desk(broker.port) as opened, running("sh", script, "127.0.0.1", str(broker.port)) as program:
        lines = printed(program, opened)
    assert [line.split("\t")[2] for line in lines] == ["unsure", "no_mask", "unsure", "compliant"]


def test_the_flow_for_node_red_can_be_imported() -> None:
    """Every wire leads to a node."""
    nodes = {node["id"]: node for node in json.loads((SAMPLES / "node-red" / "flow.json").read_text())}
    wired = {target for node in nodes.values() for wire in node.get("wires", ()) for target in wire}
    assert wired <= nodes.keys()


def test_the_figures_for_prometheus_are_in_the_messages() -> None:
    """Each of them by the schema of `stats`; counters are those that only rise."""
    found = yaml.safe_load((SAMPLES / "mqtt2prometheus" / "config.yaml").read_text())
    for metric in found["metrics"]:
        names = metric["mqtt_name"].split(".")
        described = SCHEMA["$defs"]["stats"]
        for name in names:
            described = described["properties"][name]
            described = SCHEMA["$defs"].get(described.get("$ref", "").rpartition("/")[2], described)
        assert (metric["type"] == "counter") == (names[0] == "totals")


def test_the_configuration_of_telegraf_is_toml() -> None:
    """Its times are members of the messages."""
    found = tomllib.loads((SAMPLES / "telegraf" / "telegraf.conf").read_text())
    events, stats = found["inputs"]["mqtt_consumer"]
    assert events["json_v2"][0]["timestamp_path"] in SCHEMA["$defs"]["event"]["properties"]
    assert stats["json_time_key"] in SCHEMA["$defs"]["stats"]["properties"]
