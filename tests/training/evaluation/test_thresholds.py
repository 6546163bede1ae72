"""Thresholds that hold limits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from edge.contract import LABELS, MASK_WORN_INCORRECTLY, WITH_MASK, WITHOUT_MASK, answer
from edge.errors import ConfigError
from tests.support.predictions import sure
from training.evaluation.thresholds import (
    STEPS,
    DecisionFaces,
    DecisionLimits,
    answers,
    check,
    choose,
    load_limits,
    trusted_sizes,
)
from training.metrics import NO_ANSWER


def normalised(raw: np.ndarray) -> np.ndarray:
    """Shares of a sum; three alike where there is none."""
    some = np.where(raw.sum(axis=1, keepdims=True) > 0, raw, 1.0)
    return some / some.sum(axis=1, keepdims=True)


# In steps, so that equal probabilities and certainty occur.
SHARES = arrays.arrays(
    np.float64, st.tuples(st.integers(1, 40), st.just(3)), elements=st.integers(0, 64).map(float)
).map(normalised)


@st.composite
def faces(draw: st.DrawFn) -> DecisionFaces:
    """Up to forty faces of two sources; some probabilities are certain."""
    shares = draw(SHARES)
    count = len(shares)
    truth = draw(arrays.arrays(np.intp, count, elements=st.integers(0, 2)))
    sources = draw(arrays.arrays(np.intp, count, elements=st.integers(0, 1)))
    return DecisionFaces(truth, shares, np.array(["frame", "folder"])[sources])


fractions = st.sampled_from([0.0, 0.004, 0.02, 0.1, 0.3, 0.5, 1.0])
limits = st.builds(
    DecisionLimits,
    bare_called_masked=fractions,
    bare_called_incorrect=fractions,
    incorrect_precision=fractions,
    unanswered=fractions,
    trusted_precision=fractions,
)


@given(faces(), limits)
def test_the_limits_hold_on_the_faces_they_are_chosen_on(
    faces: DecisionFaces, limits: DecisionLimits
) -> None:
    """All but the share without an answer, which is what the others cost."""
    called = answers(faces.shares, choose(faces, limits))
    assert all(one.held for one in check(faces, called, limits) if one.limit != "unanswered")


@given(faces(), limits)
def test_a_smaller_threshold_would_break_a_limit(faces: DecisionFaces, limits: DecisionLimits) -> None:
    """No face goes without an answer that could have one."""
    chosen = choose(faces, limits)
    for label in (WITH_MASK, MASK_WORN_INCORRECTLY):
        below = [share for share in faces.shares[:, label] if 0.50001 <= share < chosen[label]]
        for share in below:
            smaller = tuple(share if at == label else one for at, one in enumerate(chosen))
            called = answers(faces.shares, smaller)  # type: ignore[arg-type]
            assert not all(one.held for one in check(faces, called, limits) if one.limit != "unanswered")


@given(faces(), limits, limits)
def test_stricter_limits_never_lower_a_threshold(
    faces: DecisionFaces, one: DecisionLimits, other: DecisionLimits
) -> None:
    """Whatever limit of it is the stricter one."""
    stricter = DecisionLimits(
        bare_called_masked=min(one.bare_called_masked, other.bare_called_masked),
        bare_called_incorrect=min(one.bare_called_incorrect, other.bare_called_incorrect),
        incorrect_precision=max(one.incorrect_precision, other.incorrect_precision),
        unanswered=one.unanswered,
        trusted_precision=one.trusted_precision,
    )
    assert all(np.array(choose(faces, stricter)) >= np.array(choose(faces, one)))


@example(51, 29)
@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_a_face_that_is_called_wrongly_is_no_longer_called_so(part: int, whole: int) -> None:
    """Also where the share times the steps is rounded to just below a whole number, as with 0.6375."""
    share = max(part, whole) / (part + whole)
    bare = DecisionFaces(np.array([WITHOUT_MASK]), np.array([[0.0, 1 - share, share]]), np.array(["frame"]))
    strict = DecisionLimits(
        bare_called_masked=0,
        bare_called_incorrect=0,
        incorrect_precision=1,
        unanswered=1,
        trusted_precision=0,
    )
    threshold = choose(bare, strict)[MASK_WORN_INCORRECTLY]
    assert threshold - 1.5 / STEPS <= share < threshold or share < 0.5 + 1 / STEPS


@given(faces(), limits, st.randoms(use_true_random=False))
def test_the_order_of_the_faces_decides_nothing(
    faces: DecisionFaces, limits: DecisionLimits, random: object
) -> None:
    """The same faces give the same thresholds."""
    order = list(range(len(faces.truth)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = DecisionFaces(faces.truth[order], faces.shares[order], faces.sources[order])
    assert choose(shuffled, limits) == choose(faces, limits)


@given(SHARES, st.tuples(*[st.floats(0, 1.1)] * 3))
def test_faces_are_judged_as_the_device_calls_them(
    shares: np.ndarray, at: tuple[float, float, float]
) -> None:
    """The figures hold for the device because both apply the thresholds alike."""
    called = [answer((float(a), float(b), float(c)), at) for a, b, c in shares]
    assert answers(shares, at).tolist() == [NO_ANSWER if one is None else one for one in called]


def test_thresholds_of_their_own() -> None:
    """Each face may have its own thresholds."""
    shares = np.array([[0.6, 0.1, 0.3], [0.6, 0.1, 0.3], [0.6, 0.1, 0.3]])
    at = np.array([[0.5, 0.5, 0.5], [0.7, 0.5, 0.5], [0.7, 0.0, 0.0]])
    assert answers(shares, at).tolist() == [WITH_MASK, NO_ANSWER, MASK_WORN_INCORRECTLY]


def test_limits_hold_in_every_source() -> None:
    """A thousand easy bare faces of one source do not pay for those of another that err."""
    shares = np.vstack([sure(*[1] * 1000), sure(0, 0, share=0.97)])
    truth = np.full(1002, WITHOUT_MASK)
    together = DecisionFaces(truth, shares, np.full(1002, "folder"))
    apart = DecisionFaces(truth, shares, np.array(["folder"] * 1000 + ["frame"] * 2))
    assert choose(together, load_limits())[WITH_MASK] == 0.50001
    assert choose(apart, load_limits())[WITH_MASK] > 0.97


def test_a_single_error_breaks_no_limit_of_a_small_source() -> None:
    """Else chance would decide; all sources together have no such allowance."""
    shares = np.vstack([sure(*[1] * 1000), sure(0, share=0.97)])
    truth = np.full(1001, WITHOUT_MASK)
    apart = DecisionFaces(truth, shares, np.array(["folder"] * 1000 + ["frame"]))
    assert choose(apart, load_limits())[WITH_MASK] == 0.50001
    alone = DecisionFaces(truth[1000:], shares[1000:], np.array(["frame"]))
    assert choose(alone, load_limits())[WITH_MASK] > 0.97


def test_precision_is_not_asked_of_a_source_without_wrongly_worn_masks() -> None:
    """Its few false alarms count where all sources are taken together."""
    shares = np.vstack([sure(*[2] * 30), sure(2, 2)])
    truth = np.array([MASK_WORN_INCORRECTLY] * 30 + [WITH_MASK] * 2)
    faces = DecisionFaces(truth, shares, np.array(["frame"] * 30 + ["folder"] * 2))
    assert choose(faces, load_limits())[MASK_WORN_INCORRECTLY] == 0.50001


def test_a_broken_limit_is_said_in_a_sentence() -> None:
    """With where it was looked at; faces without an answer break one of their own."""
    faces = DecisionFaces(np.array([1, 1]), sure(0, 1), np.array(["frame", "frame"]))
    called = answers(faces.shares, (0.5, 0.95, 0.5))
    broken = [one.sentence() for one in check(faces, called, load_limits()) if not one.held]
    assert broken == [
        "bare_called_masked is 0.5000 on all, the limit is 0.0040",
        "unanswered is 0.5000 on all, the limit is 0.0800",
    ]


def test_the_size_from_which_a_label_can_be_trusted() -> None:
    """The smallest from which all larger ranges are good; a label that never is has none."""
    px = np.arange(10.0, 100.0, 0.25)
    called = np.zeros(len(px), np.intp)
    truth = np.where(px < 20, WITHOUT_MASK, called)
    assert trusted_sizes(truth, called, px, 0.85) == {LABELS[WITH_MASK]: 20.0}
    assert trusted_sizes(truth, called, px, 0.5) == {LABELS[WITH_MASK]: 16.0}
    assert trusted_sizes(np.full(len(px), WITHOUT_MASK), called, px, 0.85) == {}


def test_a_size_of_which_nothing_is_known_is_not_trusted() -> None:
    """Two faces say nothing."""
    px = np.array([16.0] * 2 + [40.0] * 40)
    called = np.full(42, MASK_WORN_INCORRECTLY)
    assert trusted_sizes(called, called, px, 0.85) == {LABELS[MASK_WORN_INCORRECTLY]: 24.0}


@pytest.mark.parametrize(
    ("text", "words"),
    [("bare_called_masked = 2", "bare_called_masked"), ("[", "cannot be read"), ("surprise = 1", "surprise")],
)
def test_limits_that_are_none(tmp_path: Path, text: str, words: str) -> None:
    """The sentence names file and limit."""
    file = tmp_path / "limits.toml"
    whole = "\n".join(f"{name} = 0.5" for name in DecisionLimits.model_fields if name not in text)
    file.write_text(f"{text}\n{whole}")
    with pytest.raises(ConfigError, match=rf"limits .*limits\.toml.*{words}"):
        load_limits(file)
