"""`maskgate bench` with few rounds: what it measures is of no use, and what it says has all its parts."""

from __future__ import annotations

from edge.benchmark import loads, models, pipeline, process

SHORT = (
    (pipeline, "ROUNDS", 2),
    (pipeline, "MOST_FRAMES", 3),
    (loads, "LEAD_S", 0.2),
    (loads, "MEASURED_S", 0.2),
    (loads, "MOST_FRAMES", 5),
    (process, "STARTS", 1),
    (process, "WATCHED_S", 0.1),
    (models, "ROUNDS", 2),
    (models, "thread_counts", lambda: (1,)),
)
"""Modules, names and values, set before the command is imported."""


def main() -> None:
    """The program `maskgate`, with these."""
    for module, name, value in SHORT:
        setattr(module, name, value)
    from edge.commands import main

    main()


if __name__ == "__main__":
    main()
