"""Passes held against what happened."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.demo import CLIP
from edge.errors import ConfigError, SourceError
from edge.replay.recorded_passes import RecordedPass
from edge.types import Outcome
from training.evaluation import passes
from training.evaluation.passes import JudgedClip, PassReport, PassResult, TruePass, judge

BARE, MASKED, WRONG, UNSURE = "no_mask", "compliant", "mask_incorrect", "unsure"
TRUTH = CLIP.with_name("passes.json")


def truth(*verdicts: str, at: tuple[float, float] | tuple[None, None] = (None, None)) -> TruePass:
    return TruePass(verdicts=tuple(Outcome(one) for one in verdicts), from_s=at[0], to_s=at[1])


def found(*verdicts: str, first: float = 1.0, last: float = 3.0) -> RecordedPass:
    outcomes = tuple(Outcome(one) for one in verdicts)
    return RecordedPass(outcomes, tuple(first + at / 10 for at in range(len(outcomes))), last)


def results(truths: list[TruePass], seen: list[RecordedPass]) -> list[PassResult]:
    return [one.result for one in judge(truths, seen, slack_s=1.5)]


@pytest.mark.parametrize(
    ("expected", "seen", "result"),
    [
        ((BARE,), (BARE,), PassResult.RIGHT),
        ((BARE, MASKED), (BARE, MASKED), PassResult.RIGHT),
        ((BARE,), (UNSURE, BARE), PassResult.RIGHT),
        ((UNSURE,), (UNSURE,), PassResult.RIGHT),
        ((BARE,), (UNSURE,), PassResult.WRONG),
        ((BARE,), (MASKED,), PassResult.WRONG),
        ((BARE,), (BARE, WRONG), PassResult.WRONG),
        ((BARE,), (BARE, WRONG, BARE), PassResult.REVISED_WRONGLY),
        ((BARE, MASKED), (MASKED,), PassResult.REVISED_WRONGLY),
        ((UNSURE, BARE), (BARE,), PassResult.REVISED_WRONGLY),
    ],
)
def test_a_pass_is_judged_by_its_verdicts_in_order(
    expected: tuple[str, ...], seen: tuple[str, ...], result: PassResult
) -> None:
    """The last one is what is counted; a verdict that only came late was not revised."""
    assert results([truth(*expected)], [found(*seen)]) == [result]


def test_who_is_not_found_is_missed_and_who_is_found_twice_is_doubled() -> None:
    """Each found pass is given to one that happened."""
    assert results([truth(BARE)], []) == [PassResult.MISSED]
    assert results([truth(BARE)], [found(BARE), found(BARE)]) == [PassResult.RIGHT, PassResult.DOUBLED]
    assert results([], [found(MASKED)]) == [PassResult.DOUBLED]


def test_without_times_the_verdicts_decide_who_is_who() -> None:
    """People beside each other may be decided in another order than they came in."""
    assert results([truth(BARE), truth(MASKED)], [found(MASKED), found(BARE)]) == [PassResult.RIGHT] * 2


def test_a_pass_of_another_time_is_another_pass() -> None:
    """One that was decided shortly after the person left is still theirs."""
    expected = [truth(BARE, at=(0.0, 3.0)), truth(BARE, at=(10.0, 12.0))]
    assert results(expected, [found(BARE, first=4.4, last=4.4)]) == [PassResult.RIGHT, PassResult.MISSED]
    late = [found(BARE, first=5.0, last=6.0)]
    assert results(expected, late) == [PassResult.MISSED, PassResult.MISSED, PassResult.DOUBLED]


verdicts = st.lists(st.sampled_from([BARE, MASKED, WRONG]), min_size=1, max_size=1)


@given(st.lists(verdicts, max_size=6), st.lists(verdicts, max_size=6))
def test_every_pass_is_judged_once(expected: list[list[str]], seen: list[list[str]]) -> None:
    """What happened is found or missed; what was found happened or is doubled; all that can be is right."""
    judged = judge([truth(*one) for one in expected], [found(*one) for one in seen], 1.5)
    assert sum(one.truth is not None for one in judged) == len(expected)
    assert sum(one.found is not None for one in judged) == len(seen)
    right = sum(one.result is PassResult.RIGHT for one in judged)
    assert right == sum(min(expected.count([one]), seen.count([one])) for one in (BARE, MASKED, WRONG))


def test_the_report_names_what_is_not_right() -> None:
    """In a sentence, a table and JSON."""
    pairs = judge([truth(BARE, at=(0.5, 2.0)), truth(MASKED)], [found(BARE), found(WRONG)], 1.5)
    report = PassReport("1.0", (JudgedClip("door.mp4", pairs),))
    assert report.failures() == "1 wrong"
    assert "door.mp4" in report.text()
    shown = json.loads(json.dumps(report.as_json()))
    assert (shown["passes"], shown["counts"]["right"], shown["counts"]["wrong"]) == (2, 1, 1)
    assert shown["clips"][0]["passes"][1]["found"]["verdicts"] == ["mask_incorrect"]


def test_the_published_schema_is_the_models_own() -> None:
    """`python scripts/passes_schema.py` writes it again; the truth of the demo follows it."""
    published = json.loads(passes.SCHEMA_FILE.read_text())
    assert passes.schema() == published
    jsonschema.Draft202012Validator(published).validate(json.loads(TRUTH.read_text()))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "dictionary or instance"),
        ('{"schema": 2, "clips": {"a": []}}', "schema"),
        ('{"schema": 1, "clips": {}}', "clips"),
        ('{"schema": 1, "clips": {"a": [{"verdicts": ["bare"]}]}}', r"clips\.a\.0\.verdicts"),
        ('{"schema": 1, "clips": {"a": [{"verdicts": ["no_mask"], "from_s": 1}]}}', "belong together"),
        ('{"schema": 1, "clips": {"a": [{"verdicts": ["no_mask"], "from_s": 2, "to_s": 1}]}}', "before"),
        ('{"schema": 1, "clips": {"a": [{"verdicts": ["no_mask", "no_mask"]}]}}', "revised to itself"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_a_file_that_is_no_truth_is_refused(tmp_path: Path, content: str, words: str) -> None:
    """In one sentence that names the file and the place in it."""
    file = tmp_path / "truth.json"
    file.write_text(content)
    with pytest.raises(ConfigError, match=rf"truth\.json.*{words}"):
        passes.load_truths(file)


def test_a_clip_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Before anything is played; so is one that has no truth."""
    truths = passes.load_truths(TRUTH)
    assert passes.clips_of(truths, CLIP) == passes.clips_of(truths, CLIP.parent)
    with pytest.raises(SourceError, match=r"entrance\.webm in the file of truths"):
        passes.clips_of(truths, tmp_path)
    other = tmp_path / "other.webm"
    other.touch()
    with pytest.raises(SourceError, match=r"other\.webm has no truth"):
        passes.clips_of(truths, other)
