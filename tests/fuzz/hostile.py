"""Bytes as somebody would send who wants to do harm: random ones, JSON of any shape, and damaged samples."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

Change = tuple[str, int, bytes]

_WORDS = (
    b"\x00",
    b"\xff",
    b'"',
    b"{",
    b"[",
    b"]",
    b"1e999",
    b"-1",
    b"NaN",
    b"9" * 30,
    b"\\ud800",
    b"&x;",
    b"../",
)

_changes = st.lists(
    st.tuples(
        st.sampled_from(("cut", "replace", "insert", "repeat")),
        st.integers(0, 2**20),
        st.binary(max_size=8) | st.sampled_from(_WORDS),
    ),
    min_size=1,
    max_size=6,
)

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=12,
)


def hostile(samples: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Bytes for a reader whose valid input looks like the samples."""
    damaged = st.builds(_damaged, st.sampled_from(samples), _changes)
    members = st.builds(
        _other_members, st.sampled_from(samples), st.lists(st.tuples(st.integers(0, 99), _json))
    )
    return st.binary(max_size=400) | _json.map(lambda value: json.dumps(value).encode()) | damaged | members


def _damaged(sample: bytes, changes: Sequence[Change]) -> bytes:
    for kind, where, piece in changes:
        at = where % (len(sample) + 1)
        if kind == "cut":
            sample = sample[:at]
        elif kind == "replace":
            sample = sample[:at] + piece + sample[at + len(piece) :]
        elif kind == "insert":
            sample = sample[:at] + piece + sample[at:]
        else:
            sample = sample[:at] + sample[max(0, at - 40) : at] * 3 + sample[at:]
    return sample


def _other_members(sample: bytes, others: Sequence[tuple[int, Any]]) -> bytes:
    """A JSON object in which some members have another value; what is no object stays as it is."""
    try:
        members = json.loads(sample)
    except ValueError:
        return sample
    if not isinstance(members, dict) or not members:
        return sample
    names = sorted(members)
    for number, value in others:
        members[names[number % len(names)]] = value
    return json.dumps(members).encode()


def attack(read: Callable[[bytes], object], samples: Sequence[bytes], examples: int, number: int) -> None:
    """Gives a reader hostile bytes; whatever it raises is raised.

    Args:
        read: Reads bytes, and takes care of the refusals that it may give.
        samples: Valid input.
        examples: How many of them.
        number: Of their portion: one that was read before has the same bytes again.
    """

    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(hostile(samples))
    def every(content: bytes) -> None:
        read(content)

    every()
