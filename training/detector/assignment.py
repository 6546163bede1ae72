"""Which cells answer for which face: SimOTA.

Source: Ge et al., "YOLOX: Exceeding YOLO Series in 2021"; each face takes its cheapest few cells,
as many as the overlaps of its ten best boxes add up to, among cells inside it or near its centre.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from training.detector.tf_model import Cells

Tensor = Any
REACH = 2.5
"""How far from a face's centre a cell may be, in strides."""
BEST = 10
FAR = 1e5
OVERLAP_COST = 3.0


@dataclass(frozen=True, slots=True)
class Targets:
    """Faces of a batch, padded: `boxes` (batch, faces, 4) corners, `marks` (batch, faces, 10) in pixels.

    `kinds` (batch, faces) is 2 for a face to find that has landmarks, 1 for one without, 0 for
    padding, -1 for a region that is ignored.
    """

    boxes: Tensor
    marks: Tensor
    kinds: Tensor


@dataclass(frozen=True, slots=True)
class Assignment:
    """For every cell: whether it answers for a face, for which, the overlap with it, whether it counts."""

    positive: Tensor
    face: Tensor
    overlap: Tensor
    counted: Tensor


def overlaps(first: Tensor, second: Tensor) -> Tensor:
    """Intersection over union of boxes given by corners, over broadcast shapes (…, 4)."""
    low, high = tf.maximum(first[..., :2], second[..., :2]), tf.minimum(first[..., 2:], second[..., 2:])
    inter = tf.reduce_prod(tf.maximum(high - low, 0.0), -1)
    areas = [tf.reduce_prod(tf.maximum(box[..., 2:] - box[..., :2], 0.0), -1) for box in (first, second)]
    return inter / tf.maximum(areas[0] + areas[1] - inter, 1e-6)


def assign(found: Cells, targets: Targets, points: Tensor, strides: Tensor) -> Assignment:
    """Assigns cells to faces.

    Args:
        found: What the network says now.
        targets: The faces.
        points: (cells, 2) centre of every cell in pixels.
        strides: (cells, 1) stride of every cell.
    """
    boxes = targets.boxes[:, :, None]
    real = targets.kinds[:, :, None] > 0
    inside = _inside(points, boxes)
    centre = (boxes[..., :2] + boxes[..., 2:]) / 2
    near = tf.reduce_all(tf.abs(points - centre) < REACH * strides, -1)
    allowed = (inside | near) & real
    iou = overlaps(found.boxes[:, None], boxes) * tf.cast(allowed, tf.float32)
    # Cells that are inside and near come first; cells that are only one of both fill up what is missing.
    cost = _cost(found, iou) + tf.where(inside & near, 0.0, FAR) + tf.where(allowed, 0.0, 100 * FAR)
    chosen = _cheapest(cost, iou) & allowed
    # A cell wanted by several faces answers for the one it is cheapest for.
    owner = tf.argmin(tf.where(chosen, cost, 1000 * FAR), axis=1, output_type=tf.int32)
    positive = tf.reduce_any(chosen, 1)
    own = tf.gather(tf.transpose(iou, (0, 2, 1)), owner, batch_dims=2)
    ignored = tf.reduce_any(_inside(points, boxes) & (targets.kinds[:, :, None] < 0), 1)
    # A cell that answers for a face counts, also inside a region that is ignored.
    return Assignment(positive, owner, own, positive | ~ignored)


def _inside(points: Tensor, boxes: Tensor) -> Tensor:
    return tf.reduce_all((points > boxes[..., :2]) & (points < boxes[..., 2:]), -1)


def _cost(found: Cells, iou: Tensor) -> Tensor:
    # The score that OpenCV's decoder makes of both.
    score = tf.sqrt(tf.sigmoid(found.cls) * tf.sigmoid(found.obj))[:, None]
    return -tf.math.log(tf.maximum(score, 1e-6)) - OVERLAP_COST * tf.math.log(tf.maximum(iou, 1e-6))


def _cheapest(cost: Tensor, iou: Tensor) -> Tensor:
    """Marks each face's cheapest cells, (batch, faces, cells)."""
    # Every face gets a cell, however badly its boxes overlap yet.
    many = tf.clip_by_value(tf.cast(tf.reduce_sum(tf.math.top_k(iou, BEST).values, -1), tf.int32), 1, BEST)
    ranked = -tf.math.top_k(-cost, BEST).values
    limit = tf.gather(ranked, many - 1, batch_dims=2)
    return cost <= limit[..., None]
