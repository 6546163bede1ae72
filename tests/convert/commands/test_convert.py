"""`maskgate-convert convert` and `parity` on a trained network, as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from edge import bundle
from edge.contract import LABELS
from edge.vision.classifier import TfliteClassifier
from tests.support.convert import Done, Trained, commands

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def converted(trained: Trained) -> Path:
    """The bundle of the trained network."""
    target = trained.where / "bundle"
    (done,) = commands(trained.convert("run", target, "--version", "1.2.0"))
    assert (done.code, done.err) == (0, "")
    return target


@pytest.fixture(scope="module")
def compared(trained: Trained, converted: Path) -> dict[str, Done]:
    """Comparisons of that bundle, or of one with a fault, with several float models."""
    sheet = trained.where / "worst.png"
    calls = {
        "itself": trained.parity("run", converted, "--json", "--explain", "--sheet", sheet),
        "table": trained.parity("run", converted, "--explain"),
        "h5": trained.parity("model.h5", converted),
        "shuffled": trained.parity("shuffled.keras", converted),
        "misscaled": trained.parity("misscaled.keras", converted),
        "nan": trained.parity("nan.keras", converted),
        "unbalanced": trained.parity("run", trained.where / "unbalanced"),
    }
    return dict(zip(calls, commands(*calls.values()), strict=True))


def test_the_manifest_tells_where_the_bundle_comes_from(trained: Trained, converted: Path) -> None:
    """Version, run, data, tools, what set its ranges, and how near it is to the float model."""
    manifest = bundle.load(converted).manifest
    assert (manifest.version, manifest.training_run) == ("1.2.0", "run")
    assert manifest.dataset_fingerprint == "f" * 64
    assert {"maskgate", "keras", "ai-edge-litert"} <= set(manifest.tools)
    assert manifest.metrics["representative_with_mask"] == 72
    assert manifest.metrics["parity_agreement"] == 1
    low, high = manifest.intervals["macro_f1"]
    assert low <= manifest.metrics["macro_f1"] <= high


def test_the_self_test_covers_every_label(converted: Path) -> None:
    """As far as made-up crops bring them out, which they do for drawn faces; and the device passes it."""
    made = bundle.load(converted)
    answers = {max(range(3), key=one.probabilities.__getitem__) for one in made.manifest.golden}
    assert answers == set(range(len(LABELS)))
    TfliteClassifier(made)


def test_converting_twice_gives_the_same_bytes(trained: Trained, converted: Path) -> None:
    """Model and manifest, from two processes."""
    again = trained.where / "again"
    (done,) = commands(trained.convert("run", again, "--version", "1.2.0"))
    assert done.code == 0
    for name in (bundle.CLASSIFIER, bundle.MANIFEST):
        assert (again / name).read_bytes() == (converted / name).read_bytes()


def test_the_model_agrees_with_itself(compared: dict[str, Done]) -> None:
    """Every limit holds, every class and layer is told, and nothing is written to standard error."""
    done = compared["itself"]
    assert (done.code, done.err) == (0, "")
    told = json.loads(done.out)
    assert told["passed"]
    assert [one["crops"] for one in told["flips"]] == [24, 24, 24]
    assert told["int8_macro_f1"] == pytest.approx(1, abs=0.05)
    assert len(told["layers"]) == 7
    assert all(0 < layer["steps"] < 2 for layer in told["layers"])


def test_the_table_says_the_same(compared: dict[str, Done]) -> None:
    """For people, with the layers and what to try."""
    done = compared["table"]
    assert done.code == 0
    assert "agreement           held" in done.out
    assert "macro-F1, int8" in done.out
    assert "DEPTHWISE_CONV_2D" in done.out
    assert "\n- " in done.out


def test_the_worst_crops_can_be_looked_at(trained: Trained, compared: dict[str, Done]) -> None:
    """Four rows of six on one sheet."""
    sheet = cv2.imread(str(trained.where / "worst.png"))
    assert sheet is not None
    assert sheet.shape[1] == 6 * 160


def test_the_old_format_of_keras_is_read(compared: dict[str, Done]) -> None:
    """An .h5 file of the same network agrees as well."""
    assert compared["h5"].code == 0


@pytest.mark.parametrize(
    ("fault", "broken"),
    [
        ("shuffled", "agreement 0.0000 (limit 0.97)"),
        ("misscaled", "agreement 0."),
        ("unbalanced", "balance 0.0000 (limit 0.25)"),
        ("nan", "1 of the weights in probabilities/bias are no finite numbers"),
    ],
)
def test_a_fault_does_not_pass(compared: dict[str, Done], fault: str, broken: str) -> None:
    """Exit code 1, and a sentence that names the limit which is broken."""
    done = compared[fault]
    assert done.code == 1
    assert broken in done.err
    assert len(done.err.splitlines()) == 1


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


def test_other_variants_are_plain_files(trained: Trained) -> None:
    """Each is smaller than the one with more bits, and no device takes it."""
    files = {kind: trained.where / f"{kind}.tflite" for kind in ("float32", "float16", "dynamic")}
    done = commands(*(trained.convert("run", file, "--variant", kind) for kind, file in files.items()))
    assert [one.code for one in done] == [0, 0, 0]
    sizes = [file.stat().st_size for file in files.values()]
    assert sizes == sorted(sizes, reverse=True)
