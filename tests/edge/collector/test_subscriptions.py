"""Which topics a collector asks for."""

from __future__ import annotations

import pytest

from edge.collector.subscriptions import filters
from edge.errors import ConfigError


def test_everything_unless_named() -> None:
    """Five kinds of messages of all devices."""
    assert filters((), ()) == (
        "maskgate/+/+/event", "maskgate/+/+/gap", "maskgate/+/+/availability", "maskgate/+/+/state",
        "maskgate/+/+/stats",
    )  # fmt: skip


def test_each_site_with_each_device() -> None:
    """The wildcard stands for what is not named."""
    assert {one for one in filters(("north",), ("door", "gate")) if one.endswith("/gap")} == {
        "maskgate/north/door/gap", "maskgate/north/gate/gap",
    }  # fmt: skip
    assert "maskgate/+/door/event" in filters((), ("door",))


def test_a_group_divides_events_only() -> None:
    """Retained messages do not come through a shared subscription."""
    assert [one.startswith("$share/team/maskgate/") for one in filters((), (), "team")] == [
        True, True, False, False, False,
    ]  # fmt: skip


def test_devices_with_a_prefix_of_their_own() -> None:
    """Also in a group."""
    assert filters((), (), "team", "works/doors")[1:3] == (
        "$share/team/works/doors/+/+/gap", "works/doors/+/+/availability",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["+", "#", "a/b", "", "a b"])
def test_names_only(name: str) -> None:
    """A name that would widen the filter is refused."""
    with pytest.raises(ConfigError, match="--device"):
        filters((), (name,))
