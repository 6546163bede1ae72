"""`maskgate bench`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
import cv2

from edge.benchmark import models
from edge.benchmark.loads import LOADS, LoadFigures, measure_loads
from edge.benchmark.machine import machine
from edge.benchmark.pipeline import ROUNDS, PipelineFigures, measure_pipeline
from edge.benchmark.process import PROCESSES, ProcessFigures, measure_process
from edge.cli.options import FILE, json_option
from edge.cli.output import json_text, progress, table
from edge.commands.common import takes_models
from edge.config import Config
from edge.daemon.factory import open_bundle
from edge.demo import CLIP


@click.command()
@json_option
@click.option("--source", type=FILE, default=CLIP, help="Recording to run, the demo's by default.")
@takes_models
def bench(settings: Config, source: Path, as_json: bool) -> None:
    """Measure speed, memory and time to ready on this machine.

    The bare model calls run beside the pipeline on the same frames, so that the overhead is a ratio.
    The bundle's classifier also runs alone, with 1, 2 and 4 threads as far as there are cores. Processor time
    is measured for three loads: nobody, people who pass, a crowd.

    \b
    Examples:
      maskgate bench
      maskgate bench --json --source visit.mp4
    """
    alone = [models.BenchmarkedModel("classifier", open_bundle(settings).classifier)]
    threads, interpreter = models.thread_counts(), settings.classifier.interpreter
    with progress("pipeline", ROUNDS + PROCESSES + LOADS + models.ROUNDS * len(threads)) as bar:
        speed = measure_pipeline(settings, source, bar.advance)
        bar.describe("loads")
        loads = measure_loads(settings, source, bar.advance)
        bar.describe("daemon")
        process = measure_process(settings, source, bar.advance)
        bar.describe("classifier alone")
        timings = models.measure_models(alone, threads, interpreter, progress=bar.advance)
    about = machine(interpreter) | {"opencv": cv2.__version__}
    if as_json:
        found = {**asdict(speed), **asdict(process), "classifier_alone": [asdict(each) for each in timings]}
        found["loads"] = [asdict(each) for each in loads]
        click.echo(json_text({**found, "machine": about}))
    else:
        _print(speed, process, about)
        _print_loads(loads)
        _print_timings(timings)


def _print(speed: PipelineFigures, process: ProcessFigures, about: dict[str, str]) -> None:
    stages = [(name, getattr(speed, name)) for name in ("detect", "classify", "rest", "pipeline", "bare")]
    rows = [(name, f"{stage.p50_ms:.2f}", f"{stage.p95_ms:.2f}") for name, stage in stages]
    click.echo(table([("stage", "p50 ms", "p95 ms"), *rows], "l"))
    click.echo(f"{speed.fps} frames/s over {speed.frames} frames with {speed.faces_per_frame} faces each")
    click.echo(f"pipeline / bare model calls: {speed.overhead_ratio}")
    click.echo(f"resident {process.rss_mb} MB, {process.rss_overhead_mb} MB above a bare process")
    click.echo(f"ready {process.ready_s} s after exec")
    click.echo(", ".join(f"{key} {value}" for key, value in about.items()))


def _print_loads(loads: tuple[LoadFigures, ...]) -> None:
    click.echo("\nprocessor time for each second of video, 15 frames/s")
    head = ("load", "faces", "every frame ms", "adaptive ms")
    rows = [
        (one.load, f"{one.faces:.1f}", f"{one.every_frame_ms:.1f}", f"{one.adaptive_ms:.1f}") for one in loads
    ]
    click.echo(table([head, *rows], "l"))
    busy = next(one.every_frame_ms for one in loads if one.load == "passes")
    rest = next(one.adaptive_ms for one in loads if one.load == "nobody")
    click.echo(f"at rest {100 * rest / busy:.1f} % of busy")


def _print_timings(timings: tuple[models.ModelTiming, ...]) -> None:
    click.echo("\nthe classifier alone, per face")
    click.echo(table(models.timing_rows(timings), "l"))
