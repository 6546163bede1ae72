"""Options that several commands of `maskgate` take."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from edge import bundle as bundles
from edge.cli.options import takes_settings
from edge.config import Config, with_models


def takes_models(command: Callable[..., None]) -> Callable[..., None]:
    """As `takes_settings`; a bundle that is named may be packed, and is unpacked while the command runs.

    A bundle or detector that is named need never have been installed, so it is tried in another process
    before: a damaged model may end the one that opens it.
    """

    @wraps(command)
    def opened(*, settings: Config, **rest: Any) -> None:
        packed = Path(settings.classifier.bundle)
        if not packed.is_file():
            _tried(command, settings, rest)
            return
        with bundles.opened(packed) as bundle:
            _tried(command, with_models(settings, bundle.path, None), rest)

    return takes_settings(opened)


def _tried(command: Callable[..., None], settings: Config, rest: dict[str, Any]) -> None:
    if settings.classifier.bundle or settings.detector.model:
        # Here: the command itself loads what this needs, and help needs none of it.
        from edge.daemon import factory
        from edge.self_test import self_test

        self_test.survive(factory.open_bundle(settings), settings)
    command(settings=settings, **rest)
