"""How much is known of one person's mask."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.tracking.evidence import Evidence, FaceQuality
from edge.types import Observation
from tests.support.builders import observation
from tests.support.passes import observations


@given(st.lists(st.tuples(observations, st.floats(0, 1), st.floats(0, 3)), min_size=1, max_size=50))
def test_evidence_stays_a_share(votes: list[tuple[Observation, float, float]]) -> None:
    """Margins and probabilities stay between 0 and 1, votes are never negative."""
    evidence = Evidence()
    for seen, quality, elapsed in votes:
        evidence = evidence.add(seen, quality, elapsed, memory_s=1.0)
    assert 0 <= evidence.margin <= 1
    assert all(vote >= 0 for vote in evidence.votes)
    # Below the least normal number, thirds of a weight are rounded to nothing.
    assert sum(evidence.probabilities) == pytest.approx(1) or evidence.weight < sys.float_info.min


def test_a_face_without_an_answer_casts_no_vote() -> None:
    """However likely its likeliest label is: such a frame makes the evidence heavier and decides nothing."""
    doubtful = replace(observation((0.1, 0.7, 0.2)), answer=None)
    known = Evidence().add(observation((0.1, 0.7, 0.2)), 1.0, 0.2, memory_s=1.0)
    evidence = known.add(doubtful, 1.0, 0.2, memory_s=1.0)
    assert evidence.votes[1] < known.votes[1]
    assert evidence.weight > known.weight
    assert evidence.margin < known.margin


def test_a_mask_below_its_threshold_casts_no_vote() -> None:
    """What the model is not sure enough of neither helps nor harms: it is evidence without a vote."""
    doubtful = observation((0.6, 0.3, 0.1), masked_from=0.7)
    evidence = Evidence().add(doubtful, 1.0, 0.2, memory_s=1.0)
    assert evidence.votes == (0.0, 0.0, 0.0)
    assert evidence.weight > 0


def test_the_least_size_is_that_of_the_model_unless_it_is_set() -> None:
    """A model that is trusted from 40 px on gives a face of 40 px no weight, and one of 60 px all of it."""
    small, large = (replace(observation(px=px), trusted_px=40.0) for px in (40, 60))
    of_the_model, configured = FaceQuality(None, 0.0), FaceQuality(20.0, 0.0)
    assert of_the_model.of(small) == 0
    assert of_the_model.of(large) == pytest.approx(large.face.score)
    assert configured.of(small) == pytest.approx(small.face.score)
