"""The error tree."""

from __future__ import annotations

from edge import errors
from edge.errors import MaskGateError, SeveralError, StorageError


def test_each_kind_of_error_has_its_exit_code() -> None:
    """No two share one, but for the root and a gate; kinds of a kind have its code, several the first."""
    defined = {kind for kind in vars(errors).values() if getattr(kind, "__module__", "") == errors.__name__}
    kinds = {kind for kind in defined if kind.__bases__[0] is MaskGateError} - {SeveralError}
    assert sorted(kind.exit_code for kind in kinds) == list(range(1, 10))
    assert all(issubclass(kind, MaskGateError) for kind in defined)
    assert SeveralError(["one", "another"], 5).exit_code == 5


def test_a_storage_error_keeps_what_the_system_answered() -> None:
    """It reads as its sentence, and callers can look at the number."""
    error = StorageError("x cannot be written", OSError(28, "No space left on device"))
    assert str(error) == "x cannot be written"
    assert (error.errno, error.strerror) == (28, "No space left on device")
    assert StorageError("x cannot be written").errno is None
