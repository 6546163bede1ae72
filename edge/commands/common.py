"""Options that several commands of `maskgate` take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import wraps
from pathlib import Path
from typing import Any

from edge import bundle as bundles
from edge.cli.options import takes_settings
from edge.config import Config, with_models


def takes_models(command: Callable[..., None]) -> Callable[..., None]:
    """As `takes_settings`; the models are those of `usable_models`."""

    @wraps(command)
    def opened(*, settings: Config, **rest: Any) -> None:
        with usable_models(settings) as usable:
            command(settings=usable, **rest)

    return takes_settings(opened)


@contextmanager
def usable_models(settings: Config) -> Iterator[Config]:
    """The settings, with a packed bundle unpacked for as long, and models that were tried.

    A bundle or detector that is named need never have been installed, so it is tried in another process
    before: a damaged model may end the one that opens it.

    Raises:
        ModelError: The bundle or the detector cannot be used.
    """
    packed = Path(settings.classifier.bundle)
    with bundles.opened(packed) if packed.is_file() else nullcontext() as bundle:
        usable = settings if bundle is None else with_models(settings, bundle.path, None)
        if usable.classifier.bundle or usable.detector.model:
            # Here: the command itself loads what this needs, and help needs none of it.
            from edge.daemon import factory
            from edge.self_test import self_test

            self_test.survive(factory.open_bundle(usable), usable)
        yield usable
