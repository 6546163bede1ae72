"""Reason codes, each by what it asks for."""

from __future__ import annotations

import pytest

from edge.mqtt.reason_codes import REFUSED, PubackAction, puback_action


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        (PubackAction.SENT, [0x00, 0x01, 0x7F]),
        (PubackAction.NO_SUBSCRIBERS, [0x10]),
        (PubackAction.RETRY_LATER, [0x80, 0x83, 0x91, 0x97, 0xA1, 0xFF]),
        (PubackAction.NOT_AUTHORIZED, [0x87]),
        (PubackAction.GIVE_UP, [0x90, 0x95, 0x99]),
    ],
)
def test_codes(kind: PubackAction, codes: list[int]) -> None:
    """The table, with codes that no standard knows: below 0x80 they are sent, above they wait."""
    assert {puback_action(code) for code in codes} == {kind}


def test_only_codes_below_0x80_count_as_sent() -> None:
    """Whatever else a code means, a refusal is none of the two that are sent."""
    for code in range(0x100):
        assert (puback_action(code) in (PubackAction.SENT, PubackAction.NO_SUBSCRIBERS)) == (code < REFUSED)
