"""Making connections to one broker."""

from __future__ import annotations

import pytest

from edge.errors import ConfigError
from edge.mqtt.broker import Broker, ConnectOptions
from edge.mqtt.connector import Connector


@pytest.mark.parametrize("host", ["..", "a" * 70, "a..b"])
def test_a_host_that_is_none_is_refused(host: str) -> None:
    """What can be neither name nor address is an error of the configuration."""
    with pytest.raises(ConfigError, match=r"mqtt\.host"):
        Connector(Broker(host, 1883), ConnectOptions("me"))
