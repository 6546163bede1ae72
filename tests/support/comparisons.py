"""Comparisons of two models."""

from __future__ import annotations

import numpy as np

from convert import gates
from convert.parity.layers import LayerComparison
from convert.parity.metrics import Comparison

RNG = np.random.default_rng(0)


SHARES = RNG.dirichlet((0.2, 0.2, 0.2), 300)


LAYER = LayerComparison("a", "CONV_2D", 0.3, 0.01, 0.01, clipped=0.0)


SAME = Comparison(np.arange(300) % 3, SHARES, SHARES, (LAYER,), counts=(100, 100, 100))


LIMITS = gates.load().parity
