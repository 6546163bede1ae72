"""What training minimises."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from training.detector.assignment import Assignment, Targets, assign
from training.detector.tf_model import Cells

Tensor = Any
BOX, MARKS, SCORE, FACE = 4.0, 0.2, 1.0, 1.0
"""Weights of the parts."""


def total(found: Cells, targets: Targets, corners: Tensor, strides: Tensor) -> tuple[Tensor, Tensor]:
    """The loss of a batch and its four parts: box, landmarks, quality score, face score."""
    # Which cell answers for which face is a choice; no gradient flows through it.
    fixed = Cells(*(tf.stop_gradient(part) for part in (found.cls, found.obj, found.boxes, found.marks)))
    given = assign(fixed, targets, corners + strides / 2, strides)
    given = Assignment(
        *(tf.stop_gradient(part) for part in (given.positive, given.face, given.overlap, given.counted))
    )
    positive = tf.cast(given.positive, tf.float32)
    # A batch may hold no face at all.
    many = tf.maximum(tf.reduce_sum(positive), 1.0)
    boxes = tf.gather(targets.boxes, given.face, batch_dims=1)
    box = tf.reduce_sum(eiou(found.boxes, boxes) * positive) / many
    marks = _marks(found, targets, given, (corners, strides)) / many
    counted = tf.cast(given.counted, tf.float32)
    score = tf.reduce_sum(quality_focal(found.cls, given.overlap * positive) * counted) / many
    face = tf.reduce_sum(quality_focal(found.obj, positive) * counted) / many
    parts = tf.stack([box, marks, score, face])
    return tf.reduce_sum(parts * [BOX, MARKS, SCORE, FACE]), parts


def quality_focal(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy with a target between 0 and 1, weighted by the squared distance from it.

    Source: Li et al., "Generalized Focal Loss", NeurIPS 2020; for targets of 0 and 1 it is the
    focal loss of Lin et al., ICCV 2017, without its class weight.
    """
    distance = tf.abs(target - tf.sigmoid(logits))
    return tf.nn.sigmoid_cross_entropy_with_logits(target, logits) * distance**2


def eiou(found: Tensor, wanted: Tensor) -> Tensor:
    """1 - IoU plus the distances of centres, widths and heights, relative to the enclosing box.

    Source: Zhang et al., "Focal and Efficient IOU Loss", Neurocomputing 2022.
    """
    low, high = tf.maximum(found[..., :2], wanted[..., :2]), tf.minimum(found[..., 2:], wanted[..., 2:])
    inter = tf.reduce_prod(tf.maximum(high - low, 0.0), -1)
    size, target = found[..., 2:] - found[..., :2], wanted[..., 2:] - wanted[..., :2]
    union = tf.reduce_prod(size, -1) + tf.reduce_prod(target, -1) - inter
    hull = tf.maximum(found[..., 2:], wanted[..., 2:]) - tf.minimum(found[..., :2], wanted[..., :2])
    shift = (found[..., :2] + found[..., 2:] - wanted[..., :2] - wanted[..., 2:]) / 2
    apart = tf.reduce_sum(shift**2, -1) / tf.maximum(tf.reduce_sum(hull**2, -1), 1e-6)
    shape = tf.reduce_sum((size - target) ** 2 / tf.maximum(hull**2, 1e-6), -1)
    return 1 - inter / tf.maximum(union, 1e-6) + apart + shape


def _marks(found: Cells, targets: Targets, given: Assignment, cells: tuple[Tensor, Tensor]) -> Tensor:
    """Smooth L1 of the landmarks, as shares of the face's size (Girshick, "Fast R-CNN", ICCV 2015)."""
    corners, strides = cells
    wanted = tf.gather(targets.marks, given.face, batch_dims=1)
    boxes = tf.gather(targets.boxes, given.face, batch_dims=1)
    known = given.positive & (tf.gather(targets.kinds, given.face, batch_dims=1) == 2)
    at = found.marks * strides + tf.tile(corners, (1, 5))
    size = tf.sqrt(tf.maximum(tf.reduce_prod(boxes[..., 2:] - boxes[..., :2], -1, keepdims=True), 1.0))
    # The loss becomes linear at a tenth of the face's size.
    off = tf.abs(at - wanted) / size * 10
    each = tf.where(off < 1, off**2 / 2, off - 0.5)
    return tf.reduce_sum(tf.reduce_mean(each, -1) * tf.cast(known, tf.float32))
