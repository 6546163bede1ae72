"""Hard faces of a round."""

from __future__ import annotations

import pytest

from edge.errors import ConfigError
from tests.support.predictions import evidence, sure
from training.evaluation.mining import hard_weights


def test_only_wrong_answers_weigh_more() -> None:
    """The surer the wrong answer, the more; a right one that is unsure stays at 1."""
    found = hard_weights(evidence([0, 1, 1], [[0.4, 0.3, 0.3], [0.9, 0.1, 0.0], [0.5, 0.4, 0.1]]))
    assert found == pytest.approx({"frame/f/0-1.png#0": 2.8, "frame/f/0-2.png#0": 2.2})


def test_folds_that_are_not_finished() -> None:
    """Without int8 answers there is nothing that a device would get wrong."""
    with pytest.raises(ConfigError, match="finish maskgate-train folds"):
        hard_weights(evidence([0], sure(0), name="float"))
