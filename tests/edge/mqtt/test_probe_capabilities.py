"""A probe of a broker that denies something: what the device does without is no obstacle."""

from __future__ import annotations

import pytest

from edge.mqtt.broker import Broker, ConnectOptions
from edge.mqtt.connector import Connector
from edge.mqtt.probe import probe
from tests.support.scripted_broker import ScriptedBroker, Terms


@pytest.mark.parametrize(
    "terms", [Terms(), Terms(retains=False), Terms(qos=0), Terms(retains=False, qos=0)], ids=str
)
def test_what_a_broker_denies_is_done_without(terms: Terms) -> None:
    """As the daemon does; so `check --connect` finds nothing wrong."""
    with ScriptedBroker(terms=terms) as broker:
        options = ConnectOptions("maskgate-site-door", "maskgate/site/door/availability")
        probe(Connector(Broker("127.0.0.1", broker.port), options))
        assert broker.connects[-1].will_retained == terms.retains
