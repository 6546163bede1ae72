"""The models that a path stands for, as TFLite files to be measured side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import numpy as np

from convert.models import float_model, open_bundle_path
from edge import bundle
from edge.benchmark.models import BenchmarkedModel
from edge.bundle import golden
from training import framework
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
    elif (path / WEIGHTS).is_file() or path.suffix in (".keras", ".h5"):
        with TemporaryDirectory(prefix="maskgate-") as folder:
            yield tuple(_made(float_model(path), Path(folder)))
    else:
        with open_bundle_path(path) as found:
            yield (BenchmarkedModel(found.name, found.path / bundle.CLASSIFIER),)


def _made(model: Path, folder: Path) -> Iterator[BenchmarkedModel]:
    framework.load_framework(extra="convert")
    quantize, network = (
        framework.need("convert.quantize", "convert"),
        framework.need("convert.keras_model", "convert"),
    )
    one = network.open_network(model)
    size = int(one.inputs[0].shape[1])
    crops = np.stack([golden.crop("face", seed, size) for seed in range(CROPS)])
    for variant in quantize.Variant:
        file = folder / f"{variant}.tflite"
        file.write_bytes(_flat(quantize, one, variant, crops))
        yield BenchmarkedModel(variant.value, file)


def _flat(quantize: ModuleType, network: object, variant: str, crops: object) -> bytes:
    made: bytes = (
        quantize.to_int8(network, crops)
        if variant == quantize.Variant.INT8
        else quantize.to_float(network, variant)
    )
    return made
