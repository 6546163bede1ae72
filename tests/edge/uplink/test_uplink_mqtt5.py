"""What MQTT 5 has beside topic and payload, over a real Mosquitto: properties, answers, chosen names."""

from __future__ import annotations

import json

import pytest

from edge.config import Config
from edge.daemon.uplink_factory import open_uplink
from edge.spool import Spool
from tests.conftest import MakeBroker
from tests.support.mqtt5 import desk
from tests.support.schema import validate
from tests.support.uplinks import append

pytestmark = pytest.mark.broker

BASE = "works/doors/north/gate"


def test_names_properties_and_answers(spool: Spool, make_broker: MakeBroker) -> None:
    """Prefix and client identifier are followed; messages say what they are; a command is answered."""
    # It takes identifiers that begin so, and no others.
    broker = make_broker("clientid_prefixes gate-").start()
    mqtt = {
        "host": "127.0.0.1",
        "port": broker.port,
        "prefix": "works/doors",
        "client_id": "gate-7",
        "accept_commands": ["mute"],
    }
    config = Config.model_validate({"device": {"site": "north", "name": "gate"}, "mqtt": mqtt})
    uplink = open_uplink(config, spool)
    with desk(broker.port) as opened:
        uplink.start()
        append(spool, 1, 1)
        event, info = opened.wait_for(f"{BASE}/event"), opened.wait_for(f"{BASE}/info")
        answer = opened.ask(f"{BASE}/command", b'{"command":"mute","seconds":9}', "desk/answers")
        assert event.properties.ContentType == "application/json"
        assert event.properties.PayloadFormatIndicator == 1
        validate("info", json.loads(info.payload))
        assert answer.properties.CorrelationData == b"7"
        assert json.loads(answer.payload)["done"] is True
        del opened.heard[f"{BASE}/availability"]
        uplink.stop()
        assert opened.wait_for(f"{BASE}/availability").properties.ContentType == "text/plain"
