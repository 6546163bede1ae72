"""What the workbench asks of its jobs."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import pytest

from edge import bundle
from edge.contract import Label
from edge.errors import ConfigError, ModelError, SourceError, StorageError
from tests.support.predictions import drawn_split
from tests.support.training import draw_face
from training.classifier.recipe import Recipe
from training.classifier.run import RunInputs, start_at
from training.data.manifest import SplitManifest
from training.workbench.data_desk import DataDesk
from training.workbench.inbox import HandedIn
from training.workbench.jobs import JobQueue
from training.workbench.renewal import Growth, JobKind, Renewal, RenewalFolders, RetrainRequest


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_split(tmp_path_factory.mktemp("drawn"), 1)


def refuse(_folder: Path) -> int:
    raise OSError(11, "Resource temporarily unavailable")


def renewal_of(folder: Path, split: Path | None) -> Renewal:
    """Whose jobs fail before they begin: it is their words that are looked at."""
    folders = RenewalFolders(folder / "runs", folder / "added", folder / "packed")
    return Renewal(DataDesk(split, folder), JobQueue(folder / "jobs", refuse), folders)


def handed_in(file: Path) -> HandedIn:
    return HandedIn(file, file.name)


@pytest.fixture
def renewal(tmp_path: Path, drawn: Path) -> Renewal:
    return renewal_of(tmp_path, drawn)


def words_of(step: Sequence[str]) -> dict[str, str]:
    """The options of a step with what is said of each."""
    words = [word for word in step[1:] if word != "--json"]
    return dict(zip(words[::2], words[1::2], strict=True))


def photos(folder: Path, name: str = "bare/1.png") -> Path:
    file = folder / "photos.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, cv2.imencode(".png", draw_face())[1].tobytes())
    return file


def test_pictures_are_added(renewal: Renewal, tmp_path: Path, drawn: Path) -> None:
    """What was taken is kept where the split can name it, and joins it in a job."""
    status, taken = renewal.add(handed_in(photos(tmp_path)))
    (step,) = status.plan.steps
    folder = str(tmp_path / "added" / status.id)
    assert step == ("add", folder, "--source", "added", "--split", str(drawn), "--json")
    assert (status.plan.kind, status.plan.title) == (JobKind.ADD, "Add 1 picture of photos.zip to added")
    assert taken.counts == {Label.WITHOUT_MASK: 1}
    assert (tmp_path / "added" / status.id / "without_mask" / "1.png").exists()


def test_a_source_is_named_once(renewal: Renewal, tmp_path: Path) -> None:
    """What comes later is of the source that was named last, until another one is named."""
    assert renewal.usual_source() == "added"
    renewal.add(handed_in(photos(tmp_path)), source=" Main entrance ")
    assert renewal.usual_source() == "Main entrance"
    status, _ = renewal.add(handed_in(photos(tmp_path)))
    assert status.plan.title == "Add 1 picture of photos.zip to Main entrance"
    with pytest.raises(ConfigError, match=r"\.\./x is no name of a source"):
        renewal.add(handed_in(photos(tmp_path)), source="../x")
    assert len(renewal.queue.all()) == 2


def test_pictures_that_are_refused(renewal: Renewal, tmp_path: Path) -> None:
    """Leave no job and no picture behind."""
    with pytest.raises(SourceError, match="leads out of it"):
        renewal.add(handed_in(photos(tmp_path, "../1.png")))
    with pytest.raises(ConfigError, match="does not say what"):
        renewal.add(handed_in(photos(tmp_path, "1.png")))
    assert renewal.queue.all() == ()
    assert not list((tmp_path / "added").iterdir())
    assert not [path for path in (tmp_path / "jobs").iterdir() if path.is_dir()]


def test_no_room_for_a_job(renewal: Renewal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pictures that were taken go again."""

    def full(*_: object) -> None:
        raise StorageError("job.json cannot be written: No space left on device")

    monkeypatch.setattr(JobQueue, "submit", full)
    with pytest.raises(StorageError, match="No space left"):
        renewal.add(handed_in(photos(tmp_path)))
    assert not list((tmp_path / "added").iterdir())


def test_pictures_of_a_job_that_failed(renewal: Renewal, tmp_path: Path) -> None:
    """Go with it, and then it cannot be resumed, which says what to do."""
    status, _ = renewal.add(handed_in(photos(tmp_path)))
    assert renewal.can_resume(status)
    renewal.advance()
    assert not list((tmp_path / "added").iterdir())
    assert not renewal.can_resume(status)
    with pytest.raises(ConfigError, match="hand them in again"):
        renewal.resume(status.id)


def test_a_training_is_asked_for(renewal: Renewal, tmp_path: Path, drawn: Path) -> None:
    """With the bundle to beat, the recipe by its name, the corrections, and a folder that the job knows."""
    renewal._desk.corrections.exclude(renewal._desk.catalogue().faces[0].record)
    status = renewal.retrain(RetrainRequest(bundle.SHIPPED, "small-cnn", "none"))
    (step,) = status.plan.steps
    words = words_of(step)
    assert step[0] == "fit"
    assert words["--split"] == str(drawn)
    assert words["--from"] == str(bundle.SHIPPED)
    assert words["--recipe"].endswith("recipes/small-cnn.toml")
    assert words["-o"] == str(tmp_path / "runs" / status.id)
    assert (words["--notes"], words["--weights"]) == (str(renewal._desk.corrections.file), "none")
    renewal._desk.corrections.file.unlink()
    assert (renewal.verdict(status.id), renewal.bundle(status.id)) == ({}, None)


def test_a_recipe_of_a_run(renewal: Renewal, tmp_path: Path) -> None:
    """Can be trained again; one that is not there is refused with the names of all."""
    assert renewal.usual_recipe() == "default"
    start_at(tmp_path / "runs" / "one", RunInputs(Recipe(), SplitManifest.of([], 1, "f")))
    assert renewal.usual_recipe() == "that of one"
    assert renewal.recipe_titles()["that of one"] == "default, as in one"
    assert renewal.recipes()["that of one"] == tmp_path / "runs" / "one" / "recipe.json"
    with pytest.raises(ConfigError, match=r"no recipe mine; name one of default, .*, that of one"):
        renewal.retrain(RetrainRequest(bundle.SHIPPED, "mine"))


def test_a_training_of_no_recipe(renewal: Renewal, tmp_path: Path) -> None:
    """Takes the usual one, which the pages suggest: what trained here trains here again, with no network."""
    (step,) = renewal.retrain(RetrainRequest(bundle.SHIPPED)).plan.steps
    assert step[step.index("--recipe") + 1].endswith("recipes/default.toml")
    start_at(tmp_path / "runs" / "one", RunInputs(Recipe(), SplitManifest.of([], 1, "f")))
    status = renewal.retrain(RetrainRequest(bundle.SHIPPED))
    (step,) = status.plan.steps
    assert step[step.index("--recipe") + 1] == str(tmp_path / "runs" / "one" / "recipe.json")
    assert status.plan.title == "Train with the recipe of one to beat the shipped bundle"


def test_a_training_goes_on_with_its_own_data(renewal: Renewal, tmp_path: Path, drawn: Path) -> None:
    """Once its run has begun; before, it begins with what there is."""
    status = renewal.retrain(RetrainRequest(bundle.SHIPPED, "small-cnn"))
    assert "-o" in renewal.resume(status.id).plan.steps[0]
    start_at(tmp_path / "runs" / status.id, RunInputs(Recipe(), SplitManifest.load(drawn)))
    assert renewal.resume(status.id).plan.steps[0][:3] == (
        "fit",
        "--resume",
        str(tmp_path / "runs" / status.id),
    )


def test_growth_is_measured(renewal: Renewal, tmp_path: Path) -> None:
    """As often as is asked for: each job has a folder of its own, and goes on in it."""
    words, again = (
        (renewal.measure_growth("small-cnn", "none", by), renewal.measure_growth("default", "", by))
        for by in (Growth.SIZE, Growth.SOURCE)
    )
    for status, by in zip((*words, *again), ("size", "size", "source", "source"), strict=True):
        (step,) = status.plan.steps
        named = words_of(step)
        assert step[0] == "learning-curve"
        assert (named["--by"], named["-o"]) == (by, str(tmp_path / "runs" / status.id))
        assert renewal.resume(status.id).plan.steps == (step,)
    assert len({status.id for status in (*words, *again)}) == 4


def test_no_room_for_what_is_measured(
    renewal: Renewal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No job is left behind."""

    def full(*_: object) -> None:
        raise StorageError("split.json cannot be written: No space left on device")

    monkeypatch.setattr("training.workbench.renewal.write_atomic", full)
    with pytest.raises(StorageError, match="No space left"):
        renewal.measure_growth("small-cnn", "none", Growth.SIZE)
    assert not [path for path in (tmp_path / "jobs").iterdir() if path.is_dir()]


def test_growth_is_measured_of_the_data_as_it_was(tmp_path: Path, drawn: Path) -> None:
    """What is added or corrected later neither ends a curve that goes on, nor is it lost to the next one."""
    split = Path(shutil.copy(drawn, tmp_path / "mine.json"))
    renewal = renewal_of(tmp_path, split)
    first = words_of(renewal.measure_growth("small-cnn", "none", Growth.SIZE).plan.steps[0])
    assert "--notes" not in first
    renewal._desk.corrections.exclude(renewal._desk.catalogue().faces[0].record)
    manifest = SplitManifest.load(split)
    split.write_text(manifest.dealt(manifest.assigned()[1:], 1).model_dump_json())
    second = words_of(renewal.measure_growth("small-cnn", "none", Growth.SIZE).plan.steps[0])
    assert SplitManifest.load(Path(first["--split"])) == manifest
    assert SplitManifest.load(Path(second["--split"])) == SplitManifest.load(split)
    assert Path(second["--notes"]).read_bytes() == renewal._desk.corrections.file.read_bytes()


def test_pictures_are_compared_with_corrected_labels(tmp_path: Path, drawn: Path) -> None:
    """Once there are any."""
    renewal = renewal_of(tmp_path, Path(shutil.copy(drawn, tmp_path / "mine.json")))
    renewal._desk.corrections.exclude(renewal._desk.catalogue().faces[0].record)
    (step,) = renewal.add(handed_in(photos(tmp_path)))[0].plan.steps
    assert step[-3:] == ("--notes", str(renewal._desk.corrections.file), "--json")


def test_a_bundle_is_put_into_an_inbox(renewal: Renewal, tmp_path: Path) -> None:
    """As one file that is there whole; a bundle that is damaged is not."""
    folder = tmp_path / "runs" / "one" / "bundle"
    shutil.copytree(bundle.SHIPPED, folder)
    (tmp_path / "inbox").mkdir()
    file = renewal.install("one", tmp_path / "inbox")
    with bundle.opened(file) as found:
        assert found.manifest.digest == bundle.load(bundle.SHIPPED).manifest.digest
    (folder / bundle.CLASSIFIER).write_bytes(b"damaged")
    with pytest.raises(ModelError):
        renewal.install("one", tmp_path / "inbox")
    assert list((tmp_path / "inbox").iterdir()) == [file]


def test_data_is_read_first(tmp_path: Path, drawn: Path) -> None:
    """Where there is no split yet; else it would be lost what was added to it."""
    renewal = renewal_of(tmp_path, None)
    with pytest.raises(ConfigError, match="no split"):
        renewal.add(handed_in(photos(tmp_path)))
    with pytest.raises(ConfigError, match="--data DIR"):
        renewal.read_data([])
    (step,) = renewal.read_data([drawn.parent]).plan.steps
    assert step == ("data", str(drawn.parent), "-o", str(tmp_path / "split.json"), "--json")
    with pytest.raises(ConfigError, match="is there already"):
        renewal_of(tmp_path, drawn).read_data([drawn.parent])
