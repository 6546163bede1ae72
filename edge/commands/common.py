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
    """As `takes_settings`; a bundle that is named may be packed, and is unpacked while the command runs."""

    @wraps(command)
    def opened(*, settings: Config, **rest: Any) -> None:
        packed = Path(settings.classifier.bundle)
        if not packed.is_file():
            command(settings=settings, **rest)
            return
        with bundles.opened(packed) as bundle:
            command(settings=with_models(settings, bundle.path, None), **rest)

    return takes_settings(opened)
