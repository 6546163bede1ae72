"""Tells how a training goes: a line an epoch, and a bar within an epoch on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

import keras
from rich.console import Console
from rich.progress import Progress

Report = Callable[[str], None]
"""Takes a line of text."""


def line(row: Mapping[str, float]) -> str:
    """The figures of a judged epoch."""
    wrong = f", wrongly worn found {row['wrong_recall']:.3f}" if "wrong_recall" in row else ""
    return (
        f"epoch {row['epoch'] + 1:3.0f}  loss {row['loss']:.4f}  validation loss {row['tempered_loss']:.4f}, "
        f"macro-F1 {row['macro_f1']:.4f}{wrong}, bare called masked {row['bare_called_masked']:.4f}"
    )


class Tell(keras.callbacks.Callback):  # type: ignore[misc]
    """A line for every epoch of a phase in which nobody judges."""

    def __init__(self, report: Report, title: str) -> None:
        super().__init__()
        self._report, self._title = report, title

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Called by Keras."""
        loss = (logs or {}).get("loss", float("nan"))
        self._report(f"{self._title}, epoch {epoch + 1} of {self.params['epochs']}  loss {loss:.4f}")


class Bar(keras.callbacks.Callback):  # type: ignore[misc]
    """Shows on a terminal how far an epoch is; it is gone when the epoch is."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._bar: Progress | None = None

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:  # noqa: ARG002
        """Called by Keras."""
        self._bar = Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True)
        self._bar.add_task(
            f"{self._title}, epoch {epoch + 1} of {self.params['epochs']}", total=self.params["steps"]
        )
        self._bar.start()

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:  # noqa: ARG002
        """Called by Keras."""
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=batch + 1)

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:  # noqa: ARG002
        """Called by Keras."""
        if self._bar is not None:
            self._bar.stop()
