"""`maskgate replay` of recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import Run, one_sentence
from tests.support.images import encoded

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
def test_a_replay_gives_the_same_events_every_time(run: Run, detector: Path, shared: Path) -> None:
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


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A recording of three pictures in which nobody is."""
    folder = tmp_path / "visit"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(encoded(".png"))
    return folder


@pytest.mark.shared
def test_tracks_are_told_frame_by_frame_beside_the_events(run: Run, shared: Path, tmp_path: Path) -> None:
    """Each face with its pass and verdict, and which way it went over the line of the configuration."""
    file = tmp_path / "config.toml"
    entrance = 'line = [[0.43, 0.2], [0.43, 0.8]]\ninside = "left"'
    file.write_text(f'[mqtt]\nenabled = false\n[lamp]\nkind = "none"\n[entrance]\n{entrance}\n')
    clip = shared / "data/clips/face-demographics-walking.gif"
    *lines, last = run("replay", "--json", "--tracks", "--config", file, clip).lines()
    frames = [line for line in lines if "tracks" in line]
    assert len(frames) == last["summary"]["frames"]  # type: ignore[index]
    assert [frame["frame"] for frame in frames] == list(range(len(frames)))
    told = [track for frame in frames for track in frame["tracks"]]  # type: ignore[attr-defined]
    events = {line["pass_id"]: line for line in lines if "id" in line}
    assert {track["pass_id"] for track in told} - {None} == set(events)
    assert {(track["stage"], track["verdict"]) for track in told} == {
        ("sighted", None), ("open", None), ("settled", "no_mask"),
    }  # fmt: skip
    assert "in" in {track["direction"] for track in told} | {event["direction"] for event in events.values()}


def test_a_drawn_recording_is_a_video_or_a_folder_of_pictures(run: Run, pictures: Path) -> None:
    """With every frame; nobody is recognised, so nothing else is to be seen here."""
    video, folder = pictures.parent / "seen.mp4", pictures.parent / "seen"
    assert run("replay", "--annotate", video, pictures).code == 0
    assert video.stat().st_size > 0
    assert run("replay", "--annotate", folder, pictures).code == 0
    assert len(list(folder.iterdir())) == 3


def test_options_that_cannot_be_meant_are_refused(run: Run, pictures: Path) -> None:
    """Tracks without JSON, and a drawing over the recording."""
    one_sentence(run("replay", "--tracks", pictures), 2, "--tracks", "--json")
    one_sentence(run("replay", "--annotate", pictures, pictures), 2, "--annotate", "the recording itself")


def test_a_recording_that_cannot_be_read_leaves_no_drawing(run: Run, tmp_path: Path) -> None:
    """Neither a video nor the name of one."""
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    result = run("replay", "--annotate", tmp_path / "seen.mp4", broken)
    one_sentence(result, 4, "broken.mp4")
    assert list(tmp_path.iterdir()) == [broken]
