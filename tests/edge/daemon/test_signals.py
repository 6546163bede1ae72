"""What signals do to a daemon."""

from __future__ import annotations

import signal

import pytest

from edge.daemon.signals import obey_signals


class Called:
    def __init__(self) -> None:
        self.calls: list[str] = []

    def stop(self) -> None:
        self.calls.append("stop")

    def reload(self) -> None:
        self.calls.append("reload")


@pytest.mark.parametrize(
    ("number", "call"), [(signal.SIGTERM, "stop"), (signal.SIGINT, "stop"), (signal.SIGHUP, "reload")]
)
def test_each_signal_has_its_meaning(number: signal.Signals, call: str) -> None:
    """Those of a service manager, and of somebody at a terminal."""
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    daemon = Called()
    try:
        obey_signals(daemon)  # type: ignore[arg-type]
        signal.raise_signal(number)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    assert daemon.calls == [call]
