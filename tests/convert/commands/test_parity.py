"""`maskgate-convert parity` on a trained network."""

from __future__ import annotations

import json

import pytest

from tests.support.convert import Done

pytestmark = pytest.mark.slow


def test_the_model_agrees_with_itself(compared: dict[str, Done]) -> None:
    """Every limit holds, every class and layer is told, and nothing is written to standard error."""
    done = compared["itself"]
    assert (done.code, done.err) == (0, "")
    told = json.loads(done.out)
    assert told["passed"]
    assert [one["crops"] for one in told["flips"]] == [24, 24, 24]
    assert told["int8_macro_f1"] == pytest.approx(1, abs=0.05)
    assert len(told["layers"]) == 7
    assert all(0 < layer["steps"] < 2 for layer in told["layers"])


def test_the_table_says_the_same(compared: dict[str, Done]) -> None:
    """For people, with the layers and what to try."""
    done = compared["table"]
    assert done.code == 0
    assert "agreement           held" in done.out
    assert "macro-F1, int8" in done.out
    assert "DEPTHWISE_CONV_2D" in done.out
    assert "\n- " in done.out


def test_the_old_format_of_keras_is_read(compared: dict[str, Done]) -> None:
    """An .h5 file of the same network agrees as well."""
    assert compared["h5"].code == 0


@pytest.mark.parametrize(
    ("fault", "broken"),
    [
        ("shuffled", "agreement 0.0000 (limit 0.97)"),
        ("misscaled", "agreement 0."),
        ("unbalanced", "balance 0.0000 (limit 0.25)"),
        ("nan", "1 of the weights in probabilities/bias are no finite numbers"),
    ],
)
def test_a_fault_does_not_pass(compared: dict[str, Done], fault: str, broken: str) -> None:
    """Exit code 1, and a sentence that names the limit which is broken."""
    done = compared[fault]
    assert done.code == 1
    assert broken in done.err
    assert len(done.err.splitlines()) == 1
