"""An outbox for runs that send nothing."""

from __future__ import annotations

from edge.types import Event, State


class NoOutbox:
    """Drops what would be sent."""

    def append(self, event: Event) -> None:
        """Drops an event."""

    def set_state(self, state: State) -> None:
        """Drops a state."""
