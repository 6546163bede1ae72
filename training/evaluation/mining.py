"""Finds the faces that a round of folds got wrong, so that the next round looks at them more often.

Source: Shrivastava et al., "Training Region-based Object Detectors with Online Hard Example Mining", CVPR
2016, for the idea; here faces are chosen between rounds and out of fold, so that no model chooses its own.
"""

from __future__ import annotations

import numpy as np

from edge.errors import ConfigError
from training.evaluation.predictions import Predictions

MOST = 3.0
"""Weight of a face that is answered wrongly without any doubt; one that is answered rightly weighs 1."""


def hard_weights(predictions: Predictions) -> dict[str, float]:
    """Weights above 1 of the faces whose likeliest label is wrong, by key, as the int8 model answers.

    Args:
        predictions: Each face judged by a model that was not trained on it.

    Raises:
        ConfigError: There is no answer of an int8 model.
    """
    column = next((one for one in predictions.columns if one.name == "int8"), None)
    if column is None:
        raise ConfigError("the folds hold no answers of int8 models; finish maskgate-train folds")
    places = np.arange(len(predictions))
    missed = 1 - column.shares[places, predictions.truth]
    wrong = column.shares.argmax(axis=1) != predictions.truth
    return {
        predictions.keys[place]: round(1 + (MOST - 1) * float(missed[place]), 4)
        for place in np.flatnonzero(wrong)
    }
