"""`maskgate-train evaluate-passes`: recordings through the daemon's line, pass by pass."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import click

from edge import bundle as bundles
from edge.cli.options import EXISTING, json_option, takes_settings
from edge.cli.output import json_text, progress, raise_skipped
from edge.config import Config, with_models
from edge.errors import GateError, SourceError
from edge.replay.recorded_passes import PassRecorder
from training.evaluation import passes


@click.command("evaluate-passes")
@click.argument("clips", type=EXISTING)
@click.argument("truth", type=EXISTING)
@takes_settings
@json_option
def evaluate_passes(settings: Config, clips: Path, truth: Path, as_json: bool) -> None:
    """Runs the recordings of CLIPS, a folder or one file, through the daemon's own line.

    Says what became of each pass: right, missed, doubled, wrong, or revised wrongly. TRUTH is a JSON file:
    for each file name the passes in their order, each with the verdicts to expect, and its times where they
    are known. Ends with exit code 1 unless every pass is right.

    Example: maskgate-train evaluate-passes clips truth.json --bundle edge/models
    """
    truths = passes.load_truths(truth)
    files = passes.clips_of(truths, clips)
    packed = Path(settings.classifier.bundle)
    with bundles.opened(packed) if packed.is_file() else nullcontext() as found:
        # The models are read once; what was unpacked may go when they are open.
        recorder = PassRecorder(with_models(settings, found.path, None) if found else settings)
        report, skipped = _judged(recorder, files, truths, settings.verdict.gone_s)
    click.echo(json_text(report.as_json()) if as_json else report.text())
    raise_skipped(skipped)
    if failures := report.failures():
        raise GateError(f"of {report.happened} passes: {failures}")


def _judged(
    recorder: PassRecorder, files: dict[str, Path], truths: passes.PassTruths, slack_s: float
) -> tuple[passes.PassReport, list[SourceError]]:
    """Every clip that can be read; one that cannot does not end the others."""
    judged, skipped = [], []
    with progress("playing", len(files)) as bar:
        for name, file in files.items():
            bar.describe(name)
            try:
                found = recorder.passes(file)
            except SourceError as error:
                skipped.append(error)
            else:
                judged.append(passes.JudgedClip(name, passes.judge(truths.clips[name], found, slack_s)))
            bar.advance()
    return passes.PassReport(recorder.model_version, tuple(judged)), skipped
