"""The retained messages: the state, minutes, hours and days."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from edge.daemon.statistics import StatisticsObserver
from edge.messages.topics import Topics
from edge.spool import Spool
from edge.system.local_time import LocalTime
from edge.telemetry.minutes import MinuteQueue
from edge.telemetry.records import DAY_S, HOUR_S, Minute, VerdictCounts
from edge.types import Lamp, Outcome, State
from edge.uplink.status import MINUTE_DELAY_S, NO_SUBSCRIBERS_EVERY_S, StatusPublisher
from tests.support.builders import event, verdict
from tests.support.cycles import NOON, Time, clock, spool, watch
from tests.support.schema import validate

__all__ = ["clock", "spool"]


TOPICS = Topics("site", "door")
IN_UTC = LocalTime("UTC")


RED = State(Lamp.RED, False, "", "1.0", NOON)


def published(status: StatusPublisher) -> dict[str, dict[str, Any]]:
    """The retained messages, by key."""
    return {n.key: json.loads(n.payload) for n in status.retained_messages if n.key != "availability"}


def decide(spool: Spool, sequence: int, outcome: Outcome, number: int, revision: int, wall: float) -> None:
    made = replace(verdict(outcome, number, revision), wall=wall)
    spool.append(replace(event(sequence, outcome, number), verdict=made))


def test_availability_comes_first(spool: Spool, clock: Time) -> None:
    """`online` is there from the beginning; nothing else without a state or statistics."""
    status = StatusPublisher(spool, TOPICS, wall=clock, local=IN_UTC)
    status.cycle(0.0, 0, "")
    assert [(message.key, message.payload) for message in status.retained_messages] == [
        ("availability", b"online")
    ]


def test_the_state_says_what_is_wrong(spool: Spool, clock: Time) -> None:
    """A refusal is in the state at once, messages without a subscriber within some seconds."""
    status = StatusPublisher(spool, TOPICS, wall=clock, local=IN_UTC)
    spool.set_state(RED)
    status.cycle(0.0, 0, "the broker refuses")
    assert published(status)["state"]["send_problem"] == "the broker refuses"
    status.cycle(1.0, 5, "")
    assert published(status)["state"]["send_problem"] == ""
    assert published(status)["state"]["unheard"] == 0
    status.cycle(NO_SUBSCRIBERS_EVERY_S, 5, "")
    assert published(status)["state"]["unheard"] == 5
    validate("state", published(status)["state"])


def test_a_state_of_no_calendar_day_is_left_out(spool: Spool, clock: Time) -> None:
    """A clock that says nonsense keeps the state from being published, and nothing else."""
    status = StatusPublisher(spool, TOPICS, wall=clock, local=IN_UTC)
    spool.set_state(replace(RED, since=1e30))
    status.cycle(0.0, 0, "")
    assert published(status) == {}


def test_a_minute_is_published_once_it_is_over(spool: Spool, clock: Time) -> None:
    """Verdicts, frames, times and the spool's figures of the minute, a second after its end."""
    meter = StatisticsObserver(spool, MinuteQueue())
    status = StatusPublisher(spool, TOPICS, meter.minute_queue, wall=clock, local=IN_UTC)
    decide(spool, 1, Outcome.NO_MASK, 1, 0, NOON + 5)
    decide(spool, 2, Outcome.COMPLIANT, 1, 1, NOON + 7)
    watch(meter, NOON, 61, blind_from=50)
    spool.flush()
    clock.now = NOON + 61
    status.cycle(0.0, 0, "")
    assert "stats" not in published(status)
    status.cycle(MINUTE_DELAY_S, 3, "")
    stats = published(status)["stats"]
    validate("stats", stats)
    assert stats["minute"] == "2023-11-14T12:00:00.000Z"
    assert stats["verdicts"] == {"compliant": 1, "no_mask": 0, "mask_incorrect": 0, "unsure": 0}
    assert (stats["frames"], stats["watched_s"], stats["blind_s"]) == (100, 49.5, 10.5)
    assert stats["detect_ms"] == {"p50": 4.0, "p95": 4.0}
    assert stats["latency_ms"] == {"p50": 60.0, "p95": 60.0}
    assert stats["spool"]["unsent"] == 2
    assert stats["totals"]["frames"] == 100
    assert stats["totals"]["verdicts"]["compliant"] == 1
    (message,) = [n for n in status.retained_messages if n.key == "stats"]
    assert message.properties.expiry_s == 180


def test_totals_leave_out_what_an_earlier_run_has_told(spool: Spool, clock: Time) -> None:
    """A program that is started again within a minute does not count that minute's passes once more."""
    decide(spool, 1, Outcome.NO_MASK, 1, 0, NOON + 5)
    spool.flush()
    clock.now = NOON + 10
    meter = StatisticsObserver(spool, MinuteQueue())
    status = StatusPublisher(spool, TOPICS, meter.minute_queue, wall=clock)
    status.cycle(0.0, 0, "")
    decide(spool, 2, Outcome.COMPLIANT, 2, 0, NOON + 20)
    watch(meter, NOON + 10, 51)
    spool.flush()
    clock.now = NOON + 61
    status.cycle(1.0, 0, "")
    status.cycle(1.0 + MINUTE_DELAY_S, 0, "")
    stats = published(status)["stats"]
    assert (stats["verdicts"]["no_mask"], stats["verdicts"]["compliant"]) == (1, 1)
    assert (stats["totals"]["verdicts"]["no_mask"], stats["totals"]["verdicts"]["compliant"]) == (0, 1)


def test_at_the_end_the_begun_minute_is_published_at_once(spool: Spool, clock: Time) -> None:
    """Whoever stops does not wait for a minute's end, nor for the second after it."""
    meter = StatisticsObserver(spool, MinuteQueue())
    status = StatusPublisher(spool, TOPICS, meter.minute_queue, wall=clock, local=IN_UTC)
    decide(spool, 1, Outcome.NO_MASK, 1, 0, NOON + 65)
    watch(meter, NOON, 90)
    status.cycle(0.0, 0, "")
    meter.finish()
    spool.flush()
    clock.now = NOON + 91
    status.finish()
    status.cycle(0.1, 0, "")
    assert published(status)["stats"]["minute"] == "2023-11-14T12:01:00.000Z"
    assert published(status)["hour"]["verdicts"]["no_mask"] == 1
    assert published(status)["hour"]["minutes_watched"] == pytest.approx(1.5, abs=0.02)


def test_hours_and_days_are_published_at_the_start_and_every_minute(spool: Spool, clock: Time) -> None:
    """The hour before is published as complete, the present one as it is so far."""
    spool.add_minute(Minute(int(NOON) - HOUR_S, VerdictCounts(), 600, 60.0, 0.0))
    spool.add_minute(Minute(int(NOON), VerdictCounts(), 600, 45.0, 15.0))
    decide(spool, 1, Outcome.COMPLIANT, 1, 0, NOON + 5)
    decide(spool, 2, Outcome.NO_MASK, 2, 0, NOON + 6)
    spool.flush()
    clock.now = NOON + 120
    status = StatusPublisher(spool, TOPICS, MinuteQueue(), wall=clock, local=IN_UTC)
    status.cycle(0.0, 0, "")
    found = published(status)
    for summary in found.values():
        validate("summary", summary)
    assert found["hour before"]["complete"]
    assert found["hour before"]["minutes_watched"] == 1.0
    assert found["hour before"]["minutes_off"] == 59.0
    assert not found["hour"]["complete"]
    assert found["hour"]["verdicts"]["compliant"] == 1
    assert found["hour"]["compliance"] == 0.5
    assert found["hour"]["minutes_off"] == 1.0
    assert found["day"]["start"] == "2023-11-14T00:00:00.000Z"
    assert found["day before"]["verdicts"] == {"compliant": 0, "no_mask": 0, "mask_incorrect": 0, "unsure": 0}


def test_an_hour_that_is_over_is_published_before_the_next(spool: Spool, clock: Time) -> None:
    """On the one topic of hours the complete hour comes first, then the new one."""
    meter = StatisticsObserver(spool, MinuteQueue())
    status = StatusPublisher(spool, TOPICS, meter.minute_queue, wall=clock, local=IN_UTC)
    clock.now = NOON + HOUR_S - 30
    status.cycle(0.0, 0, "")
    watch(meter, NOON + HOUR_S - 60, 61)
    spool.flush()
    clock.now = NOON + HOUR_S + 2
    status.cycle(10.0, 0, "")
    status.cycle(11.0, 0, "")
    hours = [json.loads(n.payload) for n in status.retained_messages if n.topic == TOPICS.hour]
    assert [(hour["start"][11:16], hour["complete"]) for hour in hours] == [("12:00", True), ("13:00", False)]
    assert hours[0]["minutes_watched"] == pytest.approx(1.0, abs=0.02)


def test_a_clock_that_goes_back_publishes_no_hour_twice(spool: Spool, clock: Time) -> None:
    """Set back by a day, the publisher goes on with the hour that it is now."""
    meter = StatisticsObserver(spool, MinuteQueue())
    status = StatusPublisher(spool, TOPICS, meter.minute_queue, wall=clock, local=IN_UTC)
    status.cycle(0.0, 0, "")
    before = published(status)["hour before"]
    clock.now = NOON - DAY_S
    watch(meter, clock.now, 61)
    spool.flush()
    status.cycle(1.0, 0, "")
    status.cycle(9.0, 0, "")
    assert published(status)["hour before"] == before
    assert published(status)["hour"]["start"] == "2023-11-13T12:00:00.000Z"


def test_a_day_is_that_of_the_device(spool: Spool, clock: Time) -> None:
    """It begins at local midnight, and has the hours that it has there: 25 when the clock is set back."""
    # 2023-10-29 was the last day of summer time in Berlin.
    clock.now = datetime(2023, 10, 29, 12, tzinfo=UTC).timestamp()
    status = StatusPublisher(spool, TOPICS, MinuteQueue(), wall=clock, local=LocalTime("Europe/Berlin"))
    status.cycle(0.0, 0, "")
    found = published(status)
    assert (found["day"]["start"], found["day"]["end"]) == (
        "2023-10-28T22:00:00.000Z",
        "2023-10-29T23:00:00.000Z",
    )
    assert found["day before"]["start"] == "2023-10-27T22:00:00.000Z"
    assert found["day before"]["complete"]
