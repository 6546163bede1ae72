"""Client identifiers: different names never make the same one."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from edge.messages.topics import COLLECT, Topics, client_id

NAMES = st.text(st.sampled_from("ab1-_.c"), min_size=1, max_size=6) | st.sampled_from(
    ["collect", "plant", "door"]
)
PLACES = st.tuples(NAMES, NAMES)


@given(PLACES, PLACES)
def test_two_devices_have_two_identifiers(one: tuple[str, str], other: tuple[str, str]) -> None:
    """However their names are cut into site and device."""
    assert (Topics(*one).client_id == Topics(*other).client_id) == (one == other)


@given(PLACES, NAMES, st.lists(NAMES, max_size=1))
def test_no_device_has_the_identifier_of_a_collector(
    device: tuple[str, str], consumer: str, instance: list[str]
) -> None:
    """Not even at a site called `collect`."""
    assert Topics(*device).client_id != client_id(COLLECT, consumer, *instance)


@given(PLACES)
def test_an_identifier_is_made_of_harmless_characters(place: tuple[str, str]) -> None:
    """Letters, digits, `_` and `-`: some brokers take nothing else."""
    assert re.fullmatch(r"[A-Za-z0-9_-]+", Topics(*place).client_id)


def test_plain_names_keep_the_identifier_that_they_had() -> None:
    """And with it the session at the broker."""
    assert Topics("site", "entrance").client_id == "maskgate-site-entrance"
    assert client_id(COLLECT, "collector") == "maskgate-collect-collector"
    assert client_id(COLLECT, "collector", "a") == "maskgate-collect-collector-a"
    assert Topics("plant-1", "door").client_id == "maskgate-plant_2d1-door"
