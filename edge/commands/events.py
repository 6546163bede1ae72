"""`maskgate events`: what the spool holds."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from edge.cli.options import FILE, LOCAL_CONFIG, SYSTEM_CONFIG, find_config, json_option
from edge.cli.output import json_text, room, table, written
from edge.errors import ConfigError
from edge.messages.payloads import iso_time
from edge.spool.control.client import SpoolClient
from edge.spool.control.export import FORMATS
from edge.spool.control.requests import (
    EpochInfo,
    PageRequest,
    PurgeRequest,
    ReplayRequest,
    SpoolStats,
    StoredEvent,
)
from edge.spool.records import GENERATION_BITS, SEQUENCE_MASK, limits_of
from edge.telemetry.records import DAY_S, HOUR_S, MINUTE_S

LOOK_S = 0.5


def _counter(_context: click.Context, _option: click.Parameter, file: Path | None) -> SpoolClient:
    spool = find_config(file).spool
    return SpoolClient(Path(spool.path), limits_of(spool))


_config_option = click.option(
    "--config",
    "counter",
    type=FILE,
    callback=_counter,
    help=f"Configuration file, which names the spool; {SYSTEM_CONFIG} unless given, else ./{LOCAL_CONFIG}.",
)
_epoch_option = click.option("--epoch", help="Epoch that the numbers belong to; the latest unless named.")


@click.group()
def events() -> None:
    """Look at the events on this device, and have them sent again.

    A running daemon answers, as root or its own user; where none runs the file itself is opened.
    """


@events.command()
@click.option("-n", "--lines", type=click.IntRange(0, 500), default=10, show_default=True, help="How many.")
@click.option("-f", "--follow", is_flag=True, help="Go on with those to come, until interrupted.")
@json_option
@_config_option
def tail(counter: SpoolClient, lines: int, follow: bool, as_json: bool) -> None:
    """Show the latest events.

    \b
    Example:
      maskgate events tail -n 20 --follow
    """
    show = _as_json if as_json else _as_text
    # At least one: `-n 0 --follow` needs to know where to go on.
    found = counter.page(PageRequest(limit=max(lines, 1), newest=True))
    for kept in found[len(found) - lines :]:
        click.echo(show(kept))
    after = found[-1].position if found else -1
    while follow:
        time.sleep(LOOK_S)
        for kept in counter.pages(PageRequest(after=after)):
            click.echo(show(kept))
            after = kept.position


@events.command()
@click.option(
    "--format", "kind", type=click.Choice(list(FORMATS)), default="jsonl", show_default=True,
    help="jsonl: an object on each line. csv: a table.",
)  # fmt: skip
@click.option("--from", "first", type=click.IntRange(1), help="Lowest number.")
@click.option("--to", "last", type=click.IntRange(1), help="Highest number.")
@_epoch_option
@click.option(
    "--since", help="Only what was decided from this date or time on, UTC unless it says otherwise."
)
@click.option("-o", "--output", type=FILE, help="File instead of standard output.")
@_config_option
def export(counter: SpoolClient, kind: str, since: str | None, output: Path | None, **numbers: Any) -> None:
    """Export the events that are kept, whole or from one number to another.

    \b
    Examples:
      maskgate events export --since 2025-03-01 > march.jsonl
      maskgate events export --format csv --from 100 --to 200 -o some.csv
    """
    begin = _moment(since) if since else float("-inf")
    # Page by page while it is written, so that an export of any size needs little memory.
    rows = (kept for kept in counter.pages(_part(counter, **numbers)) if kept.wall >= begin)
    with written(output) as out:
        count = FORMATS[kind](rows, out)
    if output is not None:
        click.echo(f"{count} events are in {output}")


@events.command()
@click.argument("first", metavar="FROM", type=click.IntRange(1))
@click.argument("last", metavar="TO", type=click.IntRange(1))
@_epoch_option
@json_option
@_config_option
def replay(counter: SpoolClient, first: int, last: int, epoch: str | None, as_json: bool) -> None:
    """Have the events with the numbers FROM to TO sent again.

    Subscribers know them by their id. Without a daemon they are sent when it is started.

    \b
    Example:
      maskgate events replay 100 120
    """
    if first > last:
        raise ConfigError(f"a range goes upwards, not from {first} to {last}")
    found = counter.replay(ReplayRequest(first, last, epoch))
    if as_json:
        click.echo(json_text(asdict(found)))
        return
    click.echo(f"{found.again} events are sent again, {found.waiting} were waiting to be sent already")
    if found.gone:
        click.echo(f"{found.gone} of these numbers are not kept here any more")


@events.command()
@json_option
@_config_option
def stats(counter: SpoolClient, as_json: bool) -> None:
    """Show how full the spool is, what waits, what was dropped, and what consumers have.

    \b
    Example:
      maskgate events stats --json
    """
    found = counter.stats()
    click.echo(json_text(asdict(found), indent=2) if as_json else table(list(_stats_rows(found))))


@events.command()
@click.option(
    "--older-than", "days", type=click.FloatRange(0), required=True, help="Days since the decision."
)
@click.option("--unsent", is_flag=True, help="Also those that no broker has; they are announced as lost.")
@click.option("--yes", is_flag=True, help="Do not ask whether unsent events are really to go.")
@json_option
@_config_option
def purge(counter: SpoolClient, days: float, unsent: bool, yes: bool, as_json: bool) -> None:
    """Delete events, announced gaps and statistics that are older than a number of days.

    \b
    Example:
      maskgate events purge --older-than 2
    """
    if unsent and not yes:
        # On standard error: standard output may be for a program.
        click.confirm("Events that nobody has received will be lost for good. Go on?", abort=True, err=True)
    found = counter.purge(PurgeRequest(time.time() - days * DAY_S, unsent))
    if as_json:
        click.echo(json_text(asdict(found)))
    else:
        click.echo(f"{found.acknowledged} acknowledged and {found.unsent} unsent events are deleted")


def _part(counter: SpoolClient, first: int | None, last: int | None, epoch: str | None) -> PageRequest:
    """The places of the numbers of an epoch; all that there is where nothing is named."""
    if first is None and last is None and epoch is None:
        return PageRequest()
    known = counter.stats().epochs
    base = _named(known, epoch).generation << GENERATION_BITS
    if first is not None and last is not None and first > last:
        raise ConfigError(f"a range goes upwards, not from {first} to {last}")
    # Bits beyond the mask would belong to another epoch.
    begin, end = min(first or 1, SEQUENCE_MASK), min(last or SEQUENCE_MASK, SEQUENCE_MASK)
    return PageRequest(after=base + begin - 1, upto=base + end)


def _named(known: tuple[EpochInfo, ...], name: str | None) -> EpochInfo:
    for epoch in reversed(known):
        if name in (None, epoch.name):
            return epoch
    names = ", ".join(epoch.name for epoch in known)
    raise ConfigError(f"the spool knows no epoch {name}; it holds {names}")


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            f"--since {text} is no date or time such as 2025-03-01 or 2025-03-01T08:15"
        ) from None
    # UTC, so that the same text means the same time on every machine.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _as_json(kept: StoredEvent) -> str:
    return kept.payload


def _as_text(kept: StoredEvent) -> str:
    """A line; without parts of a second and in narrower columns where the terminal has no room for them."""
    event = json.loads(kept.payload)
    when, number, whose, revision = (event[key] for key in ("wall_time", "sequence", "pass_id", "revision"))
    end = f"{event['verdict']:<14}  {'unsent' if kept.sent_at is None else 'sent'}"
    line = f"{when}  {number:>7}  {whose}  revision {revision}  {end}"
    return line if len(line) <= room() else f"{when[:19]}Z {number:>5} {whose} rev {revision} {end}"


def _stats_rows(found: SpoolStats) -> Iterator[tuple[str, str]]:
    for epoch in found.epochs:
        whose = f" of {epoch.site}/{epoch.device}" if epoch.site and epoch.device else ""
        yield "epoch", f"{epoch.name}{whose}, numbers to {epoch.last}"
    yield (
        "unsent",
        f"{found.unsent}, and {found.waiting} not on disk yet" if found.waiting else f"{found.unsent}",
    )
    if found.oldest_unsent is not None:
        yield "oldest unsent", f"{iso_time(found.oldest_unsent)}, {_ago(found.oldest_unsent)}"
    yield "stored", f"{found.stored} of at most {found.max_events}"
    yield "size", f"{found.bytes / 2**20:.1f} of at most {found.max_bytes / 2**20:.0f} MiB"
    yield "dropped", ", ".join(f"{count} ({reason})" for reason, count in found.dropped.items()) or "0"
    yield "gaps", f"{found.gaps}, {found.gaps_unsent} not announced yet"
    for mark in found.marks:
        yield (
            f"consumer {mark.consumer}",
            f"has all to {mark.contiguous} of {mark.epoch}, {_ago(mark.heard)}",
        )
    yield "problem", found.problem or "none"


def _ago(wall: float) -> str:
    seconds = max(time.time() - wall, 0.0)
    for size, name in ((DAY_S, "days"), (HOUR_S, "hours"), (MINUTE_S, "minutes")):
        # From two on, so that no unit is in the singular.
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name} ago"
    return f"{seconds:.0f} seconds ago"
