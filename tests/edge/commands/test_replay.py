"""`maskgate replay` of recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import Run

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
