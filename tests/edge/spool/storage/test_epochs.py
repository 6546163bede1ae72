"""Under which name the sequences of an epoch were given."""

from __future__ import annotations

import pytest

from edge.spool.storage.epochs import origin_of
from edge.types import DeviceKey


def test_a_name_of_two_columns() -> None:
    """As it was stored."""
    assert origin_of("plant-1", "door") == DeviceKey("plant-1", "door")


@pytest.mark.parametrize(
    ("site", "device"), [("a/b", "door"), ("plant", ""), (None, "door"), (1, "door"), ("+", "#")]
)
def test_what_no_topic_can_have_is_no_name(site: object, device: object) -> None:
    """A damaged row publishes nothing somewhere else."""
    assert origin_of(site, device) is None  # type: ignore[arg-type]
