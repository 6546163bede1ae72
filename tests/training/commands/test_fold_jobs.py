"""What a training of a fold learns from; the trainings themselves are in `test_folds.py`."""

from __future__ import annotations

import pytest

from tests.support.predictions import drawn_split
from tests.support.recipes import recipe
from training.classifier.recipe import load
from training.commands.fold_jobs import Dealing, Dealt, FoldedData, FoldJob, FoldStart
from training.data.manifest import SplitPart
from training.data.shares import TrainingShare


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> FoldJob:
    """The first of two folds."""
    folder = tmp_path_factory.mktemp("jobs")
    settings = load(recipe(folder))
    data = FoldedData.at(drawn_split(folder, 6), 3, Dealt(Dealing.GROUP, 2, 1), folder / "cache")
    return FoldJob(data, "fold-0", FoldStart.at(settings, None, None), folder)


def test_a_job_is_called_after_share_and_fold(job: FoldJob) -> None:
    """As its folder is; without a share after the fold alone."""
    assert job.name == "fold-0"
    assert job.of(TrainingShare(6)).name == "6/fold-0"
    assert job.of(TrainingShare()).name == "all/fold-0"


def test_a_share_has_the_tested_faces_of_its_fold(job: FoldJob) -> None:
    """Only the faces to train on are fewer."""
    whole, small = job.split().assigned(), job.of(TrainingShare(3)).split().assigned()
    for part in (SplitPart.TEST, SplitPart.VALIDATION):
        assert [one for one in small if one.part is part] == [one for one in whole if one.part is part]
    assert sum(one.part is SplitPart.TRAIN for one in small) == 3
