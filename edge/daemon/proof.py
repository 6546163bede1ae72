"""A bundle proved in a process of its own: a model file may end the process that opens or runs it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

from edge.bundle import Bundle, trust
from edge.config import CameraConfig, Config
from edge.daemon import factory
from edge.daemon.self_test import SelfTest
from edge.errors import ModelError
from edge.vision.interpreter import find_runtime

MOST_S = 300.0
"""A slow board takes a tenth of this."""

ANOTHER = "take another bundle, or another detector where detector.model names it"


def prove(bundle: Bundle, config: Config) -> SelfTest:
    """Tries a bundle on this machine, as the daemon would use it.

    Raises:
        ModelError: It is not signed as configured, ends the process, takes too long or answers nonsense.
        MaskGateError: Something that it needs is not installed.
    """
    trust.check(bundle, config.classifier.trusted_keys)
    factory.find_detector(config, bundle)
    find_runtime(config.classifier.interpreter)
    # -P: what lies in the directory that this is started in is none of the program's modules.
    command = [sys.executable, "-P", "-m", f"{__package__}.self_test", str(bundle.path)]
    try:
        done = subprocess.run(  # noqa: S603
            command, input=_settings(config), capture_output=True, text=True, timeout=MOST_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        said = error.stdout or b""
        raise ModelError(
            f"{_last_model(bundle, said.decode())} was not done after {MOST_S:.0f} seconds on this machine; "
            f"{ANOTHER}"
        ) from None
    return _result(bundle, done)


def _settings(config: Config) -> str:
    """What the self-test needs of the configuration: no place of pictures, no password."""
    camera = config.camera
    size = CameraConfig(width=camera.width, height=camera.height, fps=camera.fps)
    return Config(camera=size, detector=config.detector, classifier=config.classifier).model_dump_json()


def _result(bundle: Bundle, done: subprocess.CompletedProcess[str]) -> SelfTest:
    if done.returncode == 0:
        found = json.loads(done.stdout.splitlines()[-1])
        if "problem" in found:
            raise ModelError(found["problem"])
        return SelfTest(**found)
    how = signal.Signals(-done.returncode).name if done.returncode < 0 else _last(done.stderr)
    raise ModelError(
        f"{_last_model(bundle, done.stdout)} ends the process that runs it on this machine, with {how}; "
        f"{ANOTHER}"
    )


def _last_model(bundle: Bundle, said: str) -> str:
    """The model that began last."""
    begun = [json.loads(line).get("begins") for line in said.splitlines()]
    return begun[-1] if begun else str(bundle.path)


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["no word"])[-1]
