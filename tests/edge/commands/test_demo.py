"""`maskgate demo`, with a broker and without one."""

from __future__ import annotations

import pytest

from tests.support.commands import Run


@pytest.mark.broker
def test_the_demo_shows_messages_as_a_subscriber_gets_them(run: Run, broker: object) -> None:
    """Through a Mosquitto of its own; the table names all four passes."""
    shown = run("demo", "--fast")
    assert shown.code == 0, shown.err
    messages = [
        line for line in shown.out.splitlines() if line.startswith("  mqtt   maskgate/demo/entrance/event ")
    ]
    assert len(messages) == 5
    assert all(f"1-{number}" in shown.out for number in (1, 2, 3, 4))
    assert "no_mask -> compliant" in shown.out


def test_the_demo_without_a_broker_shows_the_spool(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says so."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("edge.demo.broker.BROKER_PLACES", "/nowhere")
    shown = run("demo", "--fast")
    assert shown.code == 0, shown.err
    assert "no Mosquitto" in shown.out
    assert len([line for line in shown.out.splitlines() if line.startswith("  spool  {")]) == 5
