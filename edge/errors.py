"""The error tree: every error that a user can do something about, with its exit code."""

from __future__ import annotations

from collections.abc import Sequence


class MaskGateError(Exception):
    """Root of all errors that a user can do something about; one sentence each.

    `exit_code` is the code with which a command ends that meets the error.
    """

    exit_code = 1


class SeveralError(MaskGateError):
    """Several problems, one a line; the exit code is that of the first."""

    def __init__(self, problems: Sequence[str], exit_code: int) -> None:
        super().__init__("\n".join(problems))
        self.exit_code = exit_code


class GateError(MaskGateError):
    """A result was measured and is not good enough to be used."""

    exit_code = 1


class ConfigError(MaskGateError, ValueError):
    """The configuration or an argument cannot be used."""

    exit_code = 2


class ModelError(MaskGateError, ValueError):
    """A model file or bundle is missing, damaged or breaks the contract."""

    exit_code = 3


class SourceError(MaskGateError, OSError):
    """A picture, recording, camera or export cannot be read."""

    exit_code = 4


class LiveViewError(SourceError):
    """The live view is off, may not be switched on, or has no picture."""


class SpoolError(MaskGateError, OSError):
    """The spool cannot be opened or written."""

    exit_code = 5


class BrokerError(MaskGateError, OSError):
    """The MQTT broker cannot be reached or refuses."""

    exit_code = 6


class IndicatorError(MaskGateError, OSError):
    """A lamp, buzzer or pin cannot be used."""

    exit_code = 7


class MissingPackageError(MaskGateError, ImportError):
    """Something needs a package that is not installed."""

    exit_code = 8


class MissingExtraError(MissingPackageError):
    """A command needs packages that this install does not have: what is missing, and the lock that has it."""

    def __init__(self, missing: str, lock: str) -> None:
        super().__init__(
            f"{missing}; run where the sources of MaskGate are: "
            f"venv/bin/pip install --no-deps --require-hashes -r requirements/{lock}.txt"
        )


class StorageError(MaskGateError, OSError):
    """A file cannot be written; `errno` and `strerror` are what the system answered, where it did."""

    exit_code = 9

    def __init__(self, sentence: str, cause: OSError | None = None) -> None:
        super().__init__(sentence)
        if cause is not None:
            self.errno, self.strerror = cause.errno, cause.strerror

    def __str__(self) -> str:
        return str(self.args[0])
