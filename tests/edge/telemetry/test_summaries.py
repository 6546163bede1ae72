"""Hours and days out of minutes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, replace

from hypothesis import given
from hypothesis import strategies as st

from edge.spool.storage.statistics import PassCounter
from edge.telemetry.records import DAY_S, HOUR_S, DirectionCounts, Minute, VerdictCounts
from edge.telemetry.summaries import begin, summarise
from edge.types import Event, Outcome
from tests.support.builders import event, verdict

DAY = 1_699_920_000
"""The beginning of a day."""

decisions = st.lists(
    st.tuples(st.integers(1, 30), st.sampled_from(Outcome), st.floats(0, DAY_S - 1)), max_size=80
)


def story(steps: list[tuple[int, Outcome, float]]) -> list[Event]:
    """Events of passes that are revised now and then."""
    revisions: Counter[int] = Counter()
    events = []
    for sequence, (number, outcome, second) in enumerate(steps, 1):
        made = replace(verdict(outcome, number, revisions[number]), wall=DAY + second)
        revisions[number] += 1
        events.append(replace(event(sequence, outcome, number), verdict=made))
    return events


def minutes(events: Iterable[Event]) -> list[Minute]:
    """What a spool would add up."""
    tally, found = PassCounter(), dict[int, Minute]()
    for one in events:
        added = tally.count(one)
        assert added is not None
        found[added.start] = found[added.start] + added if added.start in found else added
    return list(found.values())


def test_a_day_counts_directions_beside_verdicts() -> None:
    """Those of its minutes, and no others."""
    found = [Minute(DAY + 60 * n, directions=DirectionCounts(1, 2, 3)) for n in range(5)]
    assert summarise(DAY, DAY_S, found, DAY + DAY_S).directions == DirectionCounts(5, 10, 15)
    assert summarise(DAY, 120, found, DAY + DAY_S).directions == DirectionCounts(2, 4, 6)


@given(decisions)
def test_a_day_counts_each_pass_once_by_its_latest_revision(steps: list[tuple[int, Outcome, float]]) -> None:
    """However often a pass is revised, and in whatever minute: its last word counts, once."""
    events = story(steps)
    latest = Counter(
        {one.pass_id: one for one in events}[key].verdict.outcome for key in {e.pass_id for e in events}
    )
    found = summarise(DAY, DAY_S, minutes(events), DAY + DAY_S)
    assert asdict(found.verdicts) == {outcome.value: latest[outcome] for outcome in Outcome}
    judged = sum(latest.values()) - latest[Outcome.UNSURE]
    assert found.verdicts.compliance == (latest[Outcome.COMPLIANT] / judged if judged else None)


@given(decisions)
def test_hours_add_up_to_their_day(steps: list[tuple[int, Outcome, float]]) -> None:
    """The 24 hours of a day hold what the day holds."""
    found = minutes(story(steps))
    hours = [summarise(DAY + n * HOUR_S, HOUR_S, found, DAY + DAY_S).verdicts for n in range(24)]
    assert sum(hours, VerdictCounts()) == summarise(DAY, DAY_S, found, DAY + DAY_S).verdicts


def test_an_hour_is_watched_blind_or_off() -> None:
    """Watched, blind and the rest make the time that has passed; none of it is compliance."""
    found = [Minute(DAY + 60 * n, VerdictCounts(), 900, 45.0, 5.0) for n in range(6)]
    hour = summarise(DAY, HOUR_S, found, DAY + 1800.0)
    assert (hour.watched_s, hour.blind_s, hour.off_s) == (270.0, 30.0, 1500.0)
    assert not hour.complete
    assert hour.verdicts.compliance is None
    assert summarise(DAY, HOUR_S, found, DAY + HOUR_S).complete


def test_a_minute_that_was_lived_twice_counts_once() -> None:
    """A clock that was set back fills a minute twice; it has 60 s all the same."""
    hour = summarise(DAY, HOUR_S, [Minute(DAY, VerdictCounts(), 1800, 90.0, 30.0)], DAY + 60.0)
    assert (hour.watched_s, hour.blind_s, hour.off_s) == (45.0, 15.0, 0.0)


def test_an_hour_begins_at_its_full_hour() -> None:
    """Whenever in it that is asked."""
    assert [begin(DAY + at, HOUR_S) for at in (0, 3599.9, 3600)] == [DAY, DAY, DAY + HOUR_S]
