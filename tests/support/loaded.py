"""What takes long to import and is the same for every program that a test starts; runs nothing."""

from __future__ import annotations

import os
import tempfile

from training.framework import set_quiet_environment

set_quiet_environment()
# Keras looks for weights from earlier runs in a user's own folder, and asks where that is only once.
os.environ["KERAS_HOME"] = os.path.join(tempfile.gettempdir(), "maskgate-tests-no-keras")

import h5py  # noqa: E402, F401 - the environment is set first
import keras  # noqa: E402, F401
import matplotlib as mpl  # noqa: E402, F401
import scipy.stats  # noqa: E402, F401
import sklearn.metrics  # noqa: E402, F401
import tensorflow as tf  # noqa: E402, F401

import convert.build  # noqa: E402 - what the programs import themselves
import convert.commands.convert  # noqa: E402, F401
import training.classifier.trainer  # noqa: E402
import training.commands.fit  # noqa: E402
import training.evaluation.report.report  # noqa: E402
import training.workbench.app  # noqa: E402, F401
