"""Loads TensorFlow and Keras without their noise."""

from __future__ import annotations

import os
import subprocess
import warnings
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from edge.system.native_output import quiet_opencv, without_native_chatter

_SETTINGS = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "ABSL_MIN_LOG_LEVEL": "3",
    "KERAS_BACKEND": "tensorflow",
}


def set_quiet_environment() -> None:
    """Sets what keeps the libraries quiet; must come before TensorFlow is loaded."""
    # OpenCV is loaded by then, and reads its variable only once.
    quiet_opencv()
    for key, value in _SETTINGS.items():
        # A value that the user has set stays.
        os.environ.setdefault(key, value)


def load_framework(threads: int = 0, processors: int = 1) -> None:
    """Loads TensorFlow and Keras without their noise.

    Args:
        threads: Threads for one operation; 0 lets TensorFlow decide.
        processors: Devices that the processor appears as.
    """
    set_quiet_environment()
    with without_native_chatter():
        # Here, because what keeps them quiet must come first, and most commands can do without them.
        import keras  # noqa: PLC0415
        import tensorflow as tf  # noqa: PLC0415

        if tf.config.threading.get_intra_op_parallelism_threads() != threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
        if processors > 1:
            one = tf.config.LogicalDeviceConfiguration()
            processor = tf.config.list_physical_devices("CPU")[0]
            tf.config.set_logical_device_configuration(processor, [one] * processors)
        # The first operation loads the rest of the framework, which has a word to say too.
        tf.zeros(1).numpy()
    tf.get_logger().setLevel("ERROR")
    keras.utils.disable_interactive_logging()
    warnings.filterwarnings("ignore", module=r"(keras|tensorflow|google)\b.*")


def git_revision() -> str:
    """The checked-out revision, with `+changes` where files differ; empty outside a repository."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty=+changes", "--abbrev=12"],  # noqa: S607
            cwd=Path(__file__).parent, capture_output=True, text=True, check=True, timeout=10,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def installed_versions(packages: Sequence[str]) -> dict[str, str]:
    """The versions of packages, in the order given; those that are not installed are left out."""
    found = {}
    for package in packages:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found
