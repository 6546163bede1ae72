"""What training minimises."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from training.detector import losses


def test_losses_vanish_where_nothing_is_wrong() -> None:
    """Equal boxes and right scores cost nothing, others do."""
    boxes = tf.constant([[0.0, 0.0, 10.0, 20.0], [5.0, 5.0, 25.0, 15.0]])
    np.testing.assert_allclose(losses.eiou(boxes, boxes), 0, atol=1e-6)
    assert (losses.eiou(boxes, tf.reverse(boxes, [0])).numpy() > 0.5).all()
    sure = tf.constant([20.0, -20.0])
    np.testing.assert_allclose(losses.quality_focal(sure, tf.constant([1.0, 0.0])), 0, atol=1e-6)
    assert (losses.quality_focal(sure, tf.constant([0.0, 1.0])).numpy() > 5).all()
