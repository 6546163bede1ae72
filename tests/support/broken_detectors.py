"""Detectors that look right and fail: made of the shipped one."""

from __future__ import annotations

from pathlib import Path

from edge import bundle

_STRIDES = b"\x07strides@\x02@\x02"


def ends_the_process(file: Path) -> Path:
    """A model whose first layer moves by nothing, which OpenCV divides by."""
    content = _shipped()
    assert _STRIDES in content
    file.write_bytes(content.replace(_STRIDES, b"\x07strides@\x00@\x00", 1))
    return file


def fails_on_a_frame(file: Path) -> Path:
    """A model whose outputs have the size that belongs to a frame of 96 x 96 pixels."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load_model_from_string(_shipped())
    shapes = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    last = next(node for node in model.graph.node if node.op_type == "Reshape" and node.input[1] == "shape10")
    fixed = shapes["shape10"].copy()
    fixed[1] = (96 // 8) ** 2
    model.graph.initializer.append(numpy_helper.from_array(fixed, "fixed"))
    last.input[1] = "fixed"
    onnx.save(model, str(file))
    return file


def _shipped() -> bytes:
    found = bundle.load(bundle.SHIPPED).detector
    assert found is not None
    return found.read_bytes()
