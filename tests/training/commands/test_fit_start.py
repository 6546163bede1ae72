"""A training that cannot start says so before it reads data, and leaves nothing behind."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support import forked
from tests.support.predictions import drawn_split
from tests.support.recipes import recipe

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

IMAGENET = (
    ('name = "small_cnn"\nalpha = 0.25', 'name = "mobilenet_v2"'),
    ('weights = "none"', 'weights = "imagenet"'),
)


def started(folder: Path, program: str, *more: object) -> subprocess.CompletedProcess[str]:
    """How a training ends on a machine without a network, and without weights from earlier."""
    where = {"fit": ("--runs", folder / "runs"), "folds": ("-o", folder / "runs")}[program]
    words = (program, "--split", drawn_split(folder, 6), "--cache", folder / "cache", *where, *more)
    return forked.run(forked.program("training"), *words, environment={"https_proxy": "http://127.0.0.1:9"})


def refused(done: subprocess.CompletedProcess[str], folder: Path, code: int, *words: str) -> None:
    """One sentence with these words; no run, and no face cut."""
    assert done.returncode == code, done.stderr
    (line,) = done.stderr.splitlines()
    assert all(word in line for word in words), line
    assert not (folder / "runs").exists()
    assert not (folder / "cache").exists()


@pytest.mark.parametrize("program", ["fit", "folds"])
def test_imagenet_weights_cannot_be_fetched(tmp_path: Path, program: str) -> None:
    """The sentence says why, and names a file of weights and a recipe without any as ways out."""
    done = started(tmp_path, program, "--recipe", recipe(tmp_path, *IMAGENET))
    refused(done, tmp_path, 3, "Connection refused", "--weights FILE", 'weights = "none"', "small-cnn.toml")


@pytest.mark.parametrize("program", ["fit", "folds"])
def test_a_file_of_weights_that_is_not_there(tmp_path: Path, program: str) -> None:
    """It is named."""
    done = started(tmp_path, program, "--recipe", recipe(tmp_path), "--weights", "absent.h5")
    refused(done, tmp_path, 3, "absent.h5 does not exist", "--weights FILE")


def test_a_file_that_is_no_weights(tmp_path: Path) -> None:
    """It is named with what is wrong with it."""
    (tmp_path / "text.h5").write_text("hello")
    done = started(tmp_path, "fit", "--recipe", recipe(tmp_path), "--weights", tmp_path / "text.h5")
    words = "text.h5 cannot be used: the file holds no weights of a small_cnn"
    refused(done, tmp_path, 3, words, "--weights FILE")


def test_what_shows_only_when_training_begins(tmp_path: Path) -> None:
    """A layer that the network has not, a teacher that is none: the new run's folder goes again."""
    faults = {
        "block_99": ('frozen_until = ""', 'frozen_until = "block_99"'),
        "nobody.keras": ("[schedule]", '[distil]\nteacher = "nobody.keras"\n[schedule]'),
    }
    for word, change in faults.items():
        done = started(tmp_path / word.partition(".")[0], "fit", "--recipe", recipe(tmp_path, change))
        assert done.returncode in (2, 3)
        assert word in done.stderr
        assert not list((tmp_path / word.partition(".")[0]).glob("runs/*"))


def test_epochs_are_counted_to_their_number(tmp_path: Path) -> None:
    """No line tells of an epoch after the last: what is judged then has a name of its own."""
    done = started(tmp_path, "fit", "--recipe", recipe(tmp_path))
    assert done.returncode == 0, done.stderr
    assert [line.split("  ")[0] for line in done.stderr.splitlines()] == [
        "head, epoch 1 of 1",
        "epoch 1 of 2",
        "epoch 2 of 2",
        "first descent, settled",
        "second descent, epoch 1 of 2",
        "second descent, epoch 2 of 2",
        "second descent, settled",
    ]
