"""The best pairs of a table of costs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from edge.tracking.assignment import best_pairs

places = st.tuples(st.integers(0, 7), st.integers(0, 7))


@given(st.dictionaries(places, st.floats(-20, 5) | st.sampled_from([-1.0, -2.0, 0.0])))
def test_no_other_pairs_cost_less(costs: dict[tuple[int, int], float]) -> None:
    """The sum is that of scipy's assignment, where no pair at all costs 0."""
    pairs = best_pairs(costs)
    table = np.zeros((8, 16))
    for place, cost in costs.items():
        table[place] = min(cost, 0.0)
    assert sum(costs[pair] for pair in pairs) == pytest.approx(table[linear_sum_assignment(table)].sum())


@given(st.dictionaries(places, st.floats(-20, 5)))
def test_each_row_and_column_is_taken_once_at_most(costs: dict[tuple[int, int], float]) -> None:
    """And no pair that is worse than none."""
    pairs = best_pairs(costs)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert all(costs[pair] < 0 for pair in pairs)


def test_the_best_pair_gives_way_to_the_best_sum() -> None:
    """Taking the cheapest pair first would leave the other two with nothing."""
    costs = {(0, 0): -10.0, (0, 1): -9.0, (1, 0): -8.0}
    assert best_pairs(costs) == [(0, 1), (1, 0)]
