"""`maskgate-convert convert` on a trained network, as a user calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge import bundle
from edge.contract import LABELS
from edge.vision.classifier import TfliteClassifier
from tests.support import forked
from tests.support.convert import Trained, commands

pytestmark = pytest.mark.slow


def test_the_self_test_covers_every_label(converted: Path) -> None:
    """As far as made-up crops bring them out, which they do for drawn faces; and the device passes it."""
    made = bundle.load(converted)
    answers = {max(range(3), key=one.probabilities.__getitem__) for one in made.manifest.golden}
    assert answers == set(range(len(LABELS)))
    TfliteClassifier(made)


def test_converting_twice_gives_the_same_bytes(trained: Trained, converted: Path) -> None:
    """Model and manifest, from two interpreters."""
    again = trained.where / "again"
    (done,) = commands(trained.convert("run", again, "--version", "1.2.0"), run=forked.run_fresh)
    assert done.code == 0
    for name in (bundle.CLASSIFIER, bundle.MANIFEST):
        assert (again / name).read_bytes() == (converted / name).read_bytes()


def test_what_breaks_the_contract_is_refused_and_nothing_written(trained: Trained) -> None:
    """Each network is told which part it breaks; limits that cannot hold end with exit code 1."""
    strict = trained.where / "strict.toml"
    strict.write_text("[representative]\nper_class = 50\nleast = 1\n[parity]\nlargest_difference = 0\n")
    target = trained.where / "refused"
    calls = {
        "labels": (3, trained.convert("shuffled.keras", target)),
        "colours": (3, trained.convert("bgr.keras", target)),
        "scaling": (3, trained.convert("unscaled.keras", target)),
        "numbers": (1, trained.convert("nan.keras", target)),
        "limit": (1, trained.convert("run", target, "--gates", strict)),
        "variant": (2, trained.convert("run", target, "--variant", "float16")),
        "version": (2, trained.convert("run", target, "--version", "final")),
    }
    words = {
        "labels": "outputs seem to be without_mask, mask_worn_incorrectly, with_mask in this order",
        "colours": "trained on BGR pictures, the device gives RGB",
        "scaling": "scale inside the network, with keras.layers.Rescaling",
        "numbers": "probabilities/bias",
        "limit": "the int8 model disagrees with the float model: largest_difference",
        "variant": "the variant float16 makes a .tflite file",
        "version": "'final' is no version of a bundle",
    }
    for name, done in zip(calls, commands(*(call for _, call in calls.values())), strict=True):
        assert done.code == calls[name][0], done.err
        assert words[name] in done.err
        assert len(done.err.splitlines()) == 1
    assert not target.exists()
