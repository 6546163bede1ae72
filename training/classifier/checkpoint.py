"""The exact state of a training between two epochs, so that a killed run goes on as if nothing had happened.

It is taken after an epoch was judged, with the averaged weights in the network, because swapping
them rounds: a state from before the swap would lead to other weights than the run that went on.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from edge.errors import ConfigError
from edge.system import files

PHASES = ("head", "first", "second")
"""Names of the phases, in their order."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainingState:
    """Where a training is.

    Attributes:
        phase: One of `PHASES`.
        epochs: Finished epochs of it; all of them where it was stopped early.
        values: Of the network's weights and random seeds, and of the optimiser.
    """

    phase: str
    epochs: int
    values: tuple[NDArray[Any], ...]

    def is_past(self, phase: str) -> bool:
        """Whether this phase is over."""
        return PHASES.index(self.phase) > PHASES.index(phase)


def store(model: keras.Model, phase: str, epochs: int, file: Path) -> None:
    """Writes down where a training is.

    Raises:
        StorageError: It cannot be written; the state before is still there.
    """
    out = io.BytesIO()
    values = [keras.ops.convert_to_numpy(variable) for variable in _variables(model)]
    np.savez(out, *values, phase=np.array(phase), epochs=np.array(epochs))
    files.write_atomic(file, out.getvalue())


def load(file: Path) -> TrainingState | None:
    """The last state, None where there is none.

    Raises:
        ConfigError: It is damaged.
    """
    if not file.exists():
        return None
    try:
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as stored:
            # By number: in the order of names, arr_10 comes before arr_2.
            names = sorted((name for name in stored if name.startswith("arr_")), key=lambda n: int(n[4:]))
            values = tuple(stored[name] for name in names)
            return TrainingState(str(stored["phase"]), int(stored["epochs"]), values)
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ConfigError(f"{file} is damaged: {error}; delete it to start this run again") from None


def restore(model: keras.Model, state: TrainingState, file: Path) -> None:
    """Puts a network and its optimiser into a state.

    Raises:
        ConfigError: The state is that of another network.
    """
    # An optimiser has no variables that could be restored until it is built.
    model.optimizer.build(model.trainable_variables)
    variables = _variables(model)
    shapes = [tuple(variable.shape) for variable in variables]
    if shapes != [value.shape for value in state.values]:
        raise ConfigError(f"{file} belongs to another network; delete it to start this run again")
    for variable, value in zip(variables, state.values, strict=True):
        variable.assign(value)


def _variables(model: keras.Model) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]


class Average(keras.callbacks.SwapEMAWeights):  # type: ignore[misc]
    """Has the averaged weights in the network between epochs, and from the last one on."""

    def __init__(self, resumed: bool) -> None:
        """Takes whether the averaged weights are in the network already, as a checkpoint has them."""
        super().__init__(swap_on_epoch=True)
        # Keras swaps the raw weights back in at the next epoch only if this is set; no argument sets it.
        self._ema_weights_in_model = resumed

    def keep(self) -> None:
        """Leaves them there, where a run is stopped before its last epoch."""
        self._finalize_ema_values()


class CheckpointCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes the state down after every epoch; must come after all who judge."""

    def __init__(self, file: Path, phase: str, average: Average | None) -> None:
        super().__init__()
        self._file, self._phase, self._average = file, phase, average

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:  # noqa: ARG002
        """Called by Keras."""
        stopped = self.model.stop_training
        if stopped and self._average is not None:
            self._average.keep()
        # A phase that stopped early is over; a resumed run must not add the epochs that it left out.
        done = self.params["epochs"] if stopped else epoch + 1
        store(self.model, self._phase, done, self._file)
