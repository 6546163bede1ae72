"""The best pairs of a table of costs: shortest augmenting paths, in plain Python. Pure.

A few faces need no library: scipy's `linear_sum_assignment`, with which the tests compare, would bring 100 MB
to a device. At the numbers of a door plain floats are faster than arrays.

Source: Jonker and Volgenant, "A Shortest Augmenting Path Algorithm for Dense and Sparse Linear Assignment
Problems", Computing 38, 1987; and Crouse, "On Implementing 2D Rectangular Assignment Algorithms", IEEE
Transactions on Aerospace and Electronic Systems 52, 2016.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

Costs = Mapping[tuple[int, int], float]
"""The cost of each pair (row, column) that is possible, below 0 where the pair is better than none."""


def best_pairs(costs: Costs) -> list[tuple[int, int]]:
    """The pairs with the least sum of costs, each row and column at most once, in the order of the rows.

    Pairs that cost 0 or more are left out. Takes O(n³) for the largest group of rows and columns that hang
    together; most groups at a door are a single pair.
    """
    pairs: list[tuple[int, int]] = []
    for rows, columns in groups(costs):
        if len(rows) == len(columns) == 1:
            pairs.append((rows[0], columns[0]))
        else:
            pairs += _solve(rows, columns, costs)
    return sorted(pairs)


def groups(costs: Costs) -> list[tuple[list[int], list[int]]]:
    """Rows and columns that hang together by pairs that are better than none."""
    by_row: dict[int, list[int]] = {}
    by_column: dict[int, list[int]] = {}
    for (row, column), cost in costs.items():
        if cost < 0:
            by_row.setdefault(row, []).append(column)
            by_column.setdefault(column, []).append(row)
    found = []
    while by_row:
        start = next(iter(by_row))
        rows, columns, todo = [], set[int](), [start]
        while todo:
            row = todo.pop()
            if row not in by_row:
                continue
            rows.append(row)
            for column in by_row.pop(row):
                if column not in columns:
                    columns.add(column)
                    todo += by_column[column]
        found.append((sorted(rows), sorted(columns)))
    return found


def _solve(rows: list[int], columns: list[int], costs: Costs) -> list[tuple[int, int]]:
    # A column of its own for each row stands for "no pair", at the cost of 0; so every row has a column.
    width = len(columns) + len(rows)
    table = []
    for at, row in enumerate(rows):
        line = [min(costs.get((row, column), 0.0), 0.0) for column in columns] + [math.inf] * len(rows)
        line[len(columns) + at] = 0.0
        table.append(line)
    matching = _Matching(table, width)
    for at in range(len(rows)):
        matching.add(at)
    return [
        (rows[row], columns[at])
        for at, row in enumerate(matching.row_of[: len(columns)])
        if row >= 0 and table[row][at] < 0
    ]


class _Matching:
    """Columns for the rows of a table, and prices that make every pair of the matching the cheapest."""

    def __init__(self, table: list[list[float]], width: int) -> None:
        self._table = table
        self._row_price = [0.0] * len(table)
        self._column_price = [0.0] * width
        self.row_of = [-1] * width

    def add(self, first: int) -> None:
        """Gives one more row a column; rows that have one may change theirs."""
        width = len(self.row_of)
        nearest, before = [math.inf] * width, [-1] * width
        reached, left = list[int](), list(range(width))
        # Dijkstra's algorithm over what each pair costs above its prices, until a free column is reached.
        row, least = first, 0.0
        while row >= 0:
            line, paid = self._table[row], least - self._row_price[row]
            for column in left:
                length = paid + line[column] - self._column_price[column]
                if length < nearest[column]:
                    nearest[column], before[column] = length, row
            column = min(left, key=nearest.__getitem__)
            least = nearest[column]
            left.remove(column)
            reached.append(column)
            row = self.row_of[column]
        self._reprice(first, reached, nearest)
        self._turn(first, reached[-1], before)

    def _reprice(self, first: int, reached: list[int], nearest: list[float]) -> None:
        least = nearest[reached[-1]]
        self._row_price[first] += least
        for column in reached[:-1]:
            self._row_price[self.row_of[column]] += least - nearest[column]
            self._column_price[column] -= least - nearest[column]

    def _turn(self, first: int, column: int, before: list[int]) -> None:
        """Takes the path back from a free column to the new row, each row getting the column after it."""
        columns = {row: at for at, row in enumerate(self.row_of) if row >= 0}
        while True:
            row = before[column]
            self.row_of[column] = row
            if row == first:
                return
            column = columns[row]
