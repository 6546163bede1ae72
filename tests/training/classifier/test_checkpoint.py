"""The state of a training between two epochs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.errors import ConfigError
from tests.support.training import framework

pytestmark = pytest.mark.slow


def test_a_state_comes_back(tmp_path: Path) -> None:
    """Weights, random seeds and the optimiser are as they were; another network is refused."""
    framework()
    import keras

    from training.classifier import checkpoint

    def network(units: int) -> object:
        layers = [keras.Input((4,)), keras.layers.Dropout(0.5), keras.layers.Dense(units)]
        made = keras.Sequential(layers)
        made.compile(keras.optimizers.AdamW(use_ema=True), "mse")
        return made

    file = tmp_path / "state.npz"
    first = network(2)
    first.fit(np.ones((8, 4)), np.ones((8, 2)), verbose=0)
    checkpoint.store(first, "first", 3, file)
    state, second = checkpoint.load(file), network(2)
    assert (state.phase, state.epochs) == ("first", 3)
    assert state.is_past("head")
    assert not state.is_past("first")
    checkpoint.restore(second, state, file)
    for model in (first, second):
        model.fit(np.ones((8, 4)), np.ones((8, 2)), verbose=0)
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        assert one.tobytes() == other.tobytes()
    with pytest.raises(ConfigError, match="another network"):
        checkpoint.restore(network(3), state, file)


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06" + bytes(18)])
def test_a_damaged_state(tmp_path: Path, content: bytes) -> None:
    """A file that is no state is named, and what to do about it."""
    framework()
    from training.classifier import checkpoint

    (tmp_path / "state.npz").write_bytes(content)
    with pytest.raises(ConfigError, match=r"state\.npz is damaged.*delete it"):
        checkpoint.load(tmp_path / "state.npz")
