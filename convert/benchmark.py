"""The models that a path stands for, as TFLite files to be measured side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from convert.models import float_model
from edge import bundle
from edge.benchmark.models import BenchmarkedModel
from edge.bundle import golden
from training import framework
from training.classifier import stored
from training.classifier.run import WEIGHTS

CROPS = 32
"""Made-up crops that set the ranges of an int8 model of which only the speed is of interest."""


@contextmanager
def entrants(paths: Sequence[Path]) -> Iterator[tuple[BenchmarkedModel, ...]]:
    """The models of all paths, for as long as they are measured.

    A bundle stands for its classifier, a .tflite file for itself, a Keras model or run folder for all
    four variants that can be made of it.
    """
    with ExitStack() as stack:
        yield tuple(entrant for path in paths for entrant in stack.enter_context(_of(path)))


@contextmanager
def _of(path: Path) -> Iterator[tuple[BenchmarkedModel, ...]]:
    if path.suffix == ".tflite":
        yield (BenchmarkedModel(path.name, path),)
    elif (path / WEIGHTS).is_file() or stored.is_network(path):
        with TemporaryDirectory(prefix="maskgate-") as folder:
            yield tuple(_made(float_model(path), Path(folder)))
    else:
        with bundle.opened(path) as found:
            yield (BenchmarkedModel(found.name, found.path / bundle.CLASSIFIER),)


def _made(model: Path, folder: Path) -> Iterator[BenchmarkedModel]:
    framework.load_framework()
    from convert import keras_model, quantize  # noqa: PLC0415 - bundles and .tflite files need no framework

    network = keras_model.open_network(model)
    size = int(network.inputs[0].shape[1])
    crops = np.stack([golden.crop("face", seed, size) for seed in range(CROPS)])
    for variant in quantize.Variant:
        file = folder / f"{variant}.tflite"
        int8 = variant is quantize.Variant.INT8
        file.write_bytes(quantize.to_int8(network, crops) if int8 else quantize.to_float(network, variant))
        yield BenchmarkedModel(variant.value, file)
