"""What stands in a TFLite file."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from convert import tflite
from edge import bundle
from edge.errors import GateError, ModelError

FLAT = (bundle.SHIPPED / bundle.CLASSIFIER).read_bytes()
SHIPPED = tflite.read(FLAT)


def test_the_shipped_model_is_read() -> None:
    """Its input, its output, and all that it computes in between."""
    (given_,), (answer,) = SHIPPED.inputs, SHIPPED.outputs
    assert (given_.dtype, given_.shape, given_.scale, given_.zero_point) == (
        "uint8",
        (1, 128, 128, 3),
        1.0,
        0,
    )
    assert (answer.dtype, answer.shape, answer.scale) == ("uint8", (1, 3), 1 / 256)
    counted = {name: (count, whole) for name, count, whole in SHIPPED.counted()}
    assert counted["DEPTHWISE_CONV_2D"] == (17, 17)
    assert "QUANTIZE" not in {op.name for op in SHIPPED.layers()}


def test_the_shipped_model_is_fully_integer() -> None:
    """With a scale for each channel of its weights."""
    tflite.require_integer(SHIPPED, "shipped")


def test_layers_go_by_their_own_names() -> None:
    """Which stand in the network, and not by what all layers of a kind are called."""
    names = [tflite.short_name(op.outputs[0]) for op in SHIPPED.ops]
    assert {"expanded_conv_project_BN_1", "block_1_expand_relu_1", "pool_1", "probabilities_1"} <= set(names)


def changed(place: int, **changes: object) -> tflite.Graph:
    """The shipped graph with another second input, the weights, of its first operation of a kind."""
    at, op = next((n, op) for n, op in enumerate(SHIPPED.ops) if op.name == "DEPTHWISE_CONV_2D")
    inputs = list(op.inputs)
    inputs[place] = replace(inputs[place], **changes)
    ops = list(SHIPPED.ops)
    ops[at] = replace(op, inputs=tuple(inputs))
    return replace(SHIPPED, ops=tuple(ops))


def test_a_float_operation_is_named() -> None:
    """With the layer it stands in and what to do."""
    with pytest.raises(GateError, match=r"fully integer: DEPTHWISE_CONV_2D \(.+\) computes in float32"):
        tflite.require_integer(changed(0, dtype="float32"), "mine")


def test_weights_with_one_scale_are_named() -> None:
    """One scale for all channels costs a depthwise convolution most of its steps."""
    with pytest.raises(GateError, match=r"one scale for all channels of DEPTHWISE_CONV_2D"):
        tflite.require_integer(changed(1, scales=1), "mine")


@pytest.mark.parametrize("flat", [b"", b"no model", b"\0\0\0\0TFL3", bytes(5000)])
def test_what_is_no_model_is_refused(flat: bytes) -> None:
    """In a sentence that names it."""
    with pytest.raises(ModelError, match=r"mine is .*TFLite model"):
        tflite.read(flat, "mine")


@given(at=some.integers(8, 4000), value=some.integers(0, 255))
def test_a_damaged_model_never_crashes(at: int, value: int) -> None:
    """It is read, or refused in a sentence."""
    damaged = bytearray(FLAT[: 64 * 1024])
    damaged[at] = value
    with suppress(ModelError):
        tflite.read(bytes(damaged), "mine").counted()
