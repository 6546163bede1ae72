"""The commands, used as a person would, with wrong input too."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge import bundle
from edge.commands import main
from edge.contract import LABELS

YUNET = "models/face_detection_yunet_2023mar.onnx"


@dataclass(frozen=True, slots=True)
class Result:
    code: int
    out: str
    err: str

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `maskgate` with arguments, without the user's own files and without this machine's models."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))

    def call(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["maskgate", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        code = end.value.code
        return Result(code if isinstance(code, int) else 0, *capfd.readouterr())

    return call


@pytest.fixture
def detector(shared: Path) -> Path:
    return shared / YUNET


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "photo.png"
    cv2.imwrite(str(file), np.full((120, 160, 3), 128, np.uint8))
    return file


def one_sentence(result: Result, code: int, *words: str) -> None:
    """Nothing on standard output, one line on standard error that holds the words, no traceback."""
    assert result.code == code, result
    assert result.out == ""
    lines = result.err.splitlines()
    assert len(lines) == 1, result.err
    assert lines[0].startswith("maskgate: ")
    assert all(word in lines[0] for word in words), lines[0]


def test_version_and_help(run: Run) -> None:
    """Both end well, and the help names the exit codes."""
    assert run("--version").out.startswith("maskgate ")
    shown = run("--help")
    assert shown.code == 0
    assert "Exit codes" in shown.out


def test_a_wrong_command_is_a_usage_error(run: Run) -> None:
    """As for every program on the system."""
    assert run("dance").code == 2


def test_check_tells_every_problem(run: Run, tmp_path: Path) -> None:
    """Each on a line of its own, exit code 2."""
    file = tmp_path / "config.toml"
    file.write_text("[camera]\nsource = 'no.mp4'\nfps = 0\nsauce = 1\n[mqtt]\nport = 0\n")
    result = run("check", "--config", file)
    assert result.code == 2
    assert [line.split(": ")[1] for line in result.err.splitlines()] == [
        "camera.fps",
        "camera.sauce",
        "mqtt.port",
        "camera.source",
    ]


def test_a_missing_configuration_is_one_sentence(run: Run, tmp_path: Path) -> None:
    """For the daemon too."""
    one_sentence(run("run", "--config", tmp_path / "none.toml"), 2, "none.toml", "--config")


def test_a_bundle_without_a_detector_says_what_to_do(run: Run, photo: Path, tmp_path: Path) -> None:
    """Fetch one, or name one."""
    bare = tmp_path / "bare"
    shutil.copytree(bundle.SHIPPED, bare)
    (bare / bundle.DETECTOR).unlink()
    size = bundle.load(bundle.SHIPPED).manifest.input.size
    bundle.write_manifest(bare, version="1.0", labels=LABELS, input={"size": size})
    one_sentence(run("predict", "--bundle", bare, photo), 3, "maskgate models fetch", "--detector")


def test_models_that_cannot_be_used_are_named(run: Run, photo: Path, tmp_path: Path) -> None:
    """A missing file, and a file that is no model."""
    one_sentence(run("predict", "--detector", tmp_path / "no.onnx", photo), 3, "no.onnx")
    (tmp_path / "text.onnx").write_text("hello")
    one_sentence(run("predict", "--detector", tmp_path / "text.onnx", photo), 3, "text.onnx")
    one_sentence(run("predict", "--bundle", tmp_path, photo), 3, str(tmp_path), "manifest.json")


def test_a_model_that_is_no_detector_is_refused(run: Run, photo: Path) -> None:
    """A classifier in the detector's place does not crash."""
    one_sentence(
        run("predict", "--detector", bundle.SHIPPED / bundle.CLASSIFIER, photo), 3, "classifier.tflite"
    )


def test_pictures_that_cannot_be_read_are_named(run: Run, tmp_path: Path) -> None:
    """Missing, empty, truncated, no picture, empty folder."""
    bare = ("predict", "--no-detect")
    one_sentence(run(*bare, tmp_path / "none.jpg"), 4, "none.jpg")
    (tmp_path / "empty.jpg").write_bytes(b"")
    one_sentence(run(*bare, tmp_path / "empty.jpg"), 4, "empty.jpg")
    whole = cv2.imencode(".jpg", np.full((90, 90, 3), 77, np.uint8))[1].tobytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    one_sentence(run(*bare, tmp_path / "cut.jpg"), 4, "cut.jpg")
    (tmp_path / "text.mp4").write_text("no video")
    one_sentence(run(*bare, tmp_path / "text.mp4"), 4, "text.mp4")
    (tmp_path / "folder").mkdir()
    one_sentence(run(*bare, tmp_path / "folder"), 4, "folder")


def test_a_camera_is_no_recording(run: Run) -> None:
    """A device would never end; the sentence names it."""
    one_sentence(run("predict", "/dev/null"), 4, "/dev/null", "not a file")
    one_sentence(run("replay", "0"), 4, "0 does not exist")


def test_a_pipe_is_no_picture(run: Run, tmp_path: Path) -> None:
    """Reading it would wait for ever."""
    os.mkfifo(tmp_path / "pipe.jpg")
    one_sentence(run("predict", "--no-detect", tmp_path / "pipe.jpg"), 4, "pipe.jpg", "not a file")


def test_a_file_is_no_bundle(run: Run, photo: Path) -> None:
    """The sentence names it, without the system's error numbers."""
    result = run("predict", "--bundle", photo, photo)
    one_sentence(result, 3, f"{photo} is no bundle")
    assert "Errno" not in result.err


def test_a_download_that_fails_is_one_sentence(run: Run, tmp_path: Path) -> None:
    """With what to do instead; nothing is left behind."""
    one_sentence(
        run("models", "fetch", "--url", (tmp_path / "no").as_uri(), "--to", tmp_path), 3, "--detector"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_download_of_something_else_is_refused(run: Run, tmp_path: Path) -> None:
    """Its digest tells."""
    (tmp_path / "other").write_text("not a model")
    target = tmp_path / "models"
    one_sentence(run("models", "fetch", "--url", (tmp_path / "other").as_uri(), "--to", target), 3, "SHA-256")
    assert not target.exists()


@pytest.mark.shared
def test_a_fetched_detector_can_be_used(run: Run, detector: Path, photo: Path, tmp_path: Path) -> None:
    """A mirror will do."""
    assert run("models", "fetch", "--url", detector.as_uri(), "--to", tmp_path).code == 0
    assert run("predict", "--detector", tmp_path / detector.name, photo).code == 0


def test_predict_without_detection_takes_the_whole_picture(run: Run, photo: Path) -> None:
    """One face a picture, with probabilities that add up."""
    (row,) = run("predict", "--no-detect", "--json", photo).lines()
    assert (row["path"], row["frame"], row["width"], row["height"]) == (str(photo), 0, 160, 120)
    assert set(row) == {"path", "frame", "width", "height", "faces", "ms"}
    assert isinstance(row["faces"], list)
    (face,) = row["faces"]
    assert set(face) == {"box", "score", "label", "probabilities", "px", "sharpness"}
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=0.01)
    assert max(face["probabilities"], key=face["probabilities"].get) == face["label"]


@pytest.mark.shared
def test_predict_finds_faces_in_photographs(run: Run, shared: Path, tmp_path: Path) -> None:
    """As a table, and as pictures in which nobody can be recognised."""
    clip = shared / "data/clips/head-pose-face-detection-male.gif"
    shown = run("predict", "--annotate", tmp_path / "seen", clip)
    assert shown.code == 0
    assert "without_mask" in shown.out
    pictures = sorted((tmp_path / "seen").iterdir())
    assert len(pictures) == 62


@pytest.mark.broker
def test_the_demo_shows_messages_as_a_subscriber_gets_them(run: Run, broker: object) -> None:
    """Through a Mosquitto of its own; the table names all four passes."""
    shown = run("demo", "--fast")
    assert shown.code == 0, shown.err
    messages = [
        line for line in shown.out.splitlines() if line.startswith("  mqtt   maskgate/demo/entrance/event ")
    ]
    assert len(messages) == 5
    assert all(f"1-{number}" in shown.out for number in (1, 2, 3, 4))
    assert "no_mask -> compliant" in shown.out


def test_the_demo_without_a_broker_shows_the_spool(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says so."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("edge.demo.broker.BROKER_PLACES", "/nowhere")
    shown = run("demo", "--fast")
    assert shown.code == 0, shown.err
    assert "no Mosquitto" in shown.out
    assert len([line for line in shown.out.splitlines() if line.startswith("  spool  {")]) == 5


CLIPS = {"face-demographics-walking.gif": 2, "head-pose-face-detection-male.gif": 1}


@pytest.mark.shared
@pytest.mark.parametrize("pace", [(), ("--realtime",)], ids=["fast", "realtime"])
@pytest.mark.parametrize("clip", CLIPS)
def test_replay_counts_the_people_of_the_clips(
    run: Run, shared: Path, clip: str, pace: tuple[str, ...]
) -> None:
    """Everybody once, and nobody wears a mask; the pace makes no difference."""
    result = run("replay", "--json", *pace, shared / "data/clips" / clip)
    assert result.code == 0
    *events, last = result.lines()
    verdicts = {event["pass_id"]: event["verdict"] for event in events}
    assert sorted(verdicts.values()) == ["no_mask"] * CLIPS[clip]
    summary = last["summary"]
    assert isinstance(summary, dict)
    assert summary["counts"] == {"no_mask": CLIPS[clip]}
    assert [row["pass_id"] for row in summary["passes"]] == list(verdicts)


@pytest.mark.shared
def test_a_replay_gives_the_same_events_every_time(run: Run, shared: Path) -> None:
    """To the byte, the summary's own time aside."""
    arguments = (
        "replay",
        "--json",
        "--detector",
        detector,
        shared / "data/clips/face-demographics-walking.gif",
    )
    first, second = run(*arguments), run(*arguments)
    assert first.out.splitlines()[:-1] == second.out.splitlines()[:-1]


@pytest.mark.shared
def test_a_replay_with_a_configuration_lights_its_lamp(run: Run, shared: Path, tmp_path: Path) -> None:
    """The lamp goes to standard error, so that every line of the output stays JSON."""
    file = tmp_path / "config.toml"
    file.write_text("[mqtt]\nenabled = false\n")
    clip = shared / "data/clips/head-pose-face-detection-male.gif"
    result = run("replay", "--json", "--config", file, clip)
    assert [event["verdict"] for event in result.lines()[:-1]] == ["no_mask"]
    assert result.err.splitlines() == ["lamp: off", "lamp: red", "lamp: off"]


@pytest.mark.shared
def test_passes_of_several_recordings_are_told_apart(run: Run, shared: Path) -> None:
    """Numbers of events run on, passes carry the number of their recording."""
    clip = shared / "data/clips/head-pose-face-detection-male.gif"
    *events, _ = run("replay", "--json", clip, clip).lines()
    assert [(e["id"], e["pass_id"]) for e in events if e["revision"] == 0] == [
        ("entrance/replay/1", "replay-1-1"),
        (f"entrance/replay/{len(events) // 2 + 1}", "replay-2-1"),
    ]
