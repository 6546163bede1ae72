"""`maskgate models`: the bundles of this device."""

from __future__ import annotations

from pathlib import Path

import click

from edge import bundle as bundles
from edge.bundle.download import YUNET, YUNET_URL, fetch_yunet
from edge.bundle.install import BundleChange, install, roll_back
from edge.bundle.inventory import InventoryRow, inventory
from edge.bundle.store import acts_on_service, models_directory, open_bundle_store
from edge.cli.options import FILE, LOCAL_CONFIG, SYSTEM_CONFIG, json_option, service_config_option
from edge.cli.output import json_text, table
from edge.config import Config
from edge.daemon import factory
from edge.self_test.self_test import SelfTest, admit, self_test

RELOAD = (
    "A running daemon takes it with `sudo systemctl reload maskgate` (as two processes: maskgate-vision), "
    "or when it is started again."
)

NOT_THE_SERVICE = "The service has bundles of its own, which `sudo maskgate models` shows and changes."

_config_option = service_config_option(
    f"Configuration file; {SYSTEM_CONFIG} unless given, else ./{LOCAL_CONFIG}. "
    "It names trusted keys and interpreter."
)


@click.group()
def models() -> None:
    """Look after the models of this device."""


@models.command(name="list")
@_config_option
@json_option
def list_bundles(settings: Config, as_json: bool) -> None:
    """List the bundles on this device and say which is in use.

    \b
    Example:
      maskgate models list
    """
    found = inventory(open_bundle_store(), settings.classifier.trusted_keys)
    if as_json:
        click.echo(json_text([row.as_json() for row in found], indent=2))
        return
    click.echo(_bundle_table(found))
    if not acts_on_service():
        click.echo(NOT_THE_SERVICE, err=True)
    _warn_of_configured_bundle(settings)


@models.command()
@click.argument("path", required=False, type=FILE)
@_config_option
def verify(path: Path | None, settings: Config) -> None:
    """Verify the bundle in use, or PATH (a directory or a packed bundle), and try it on this machine.

    \b
    Example:
      maskgate models verify model.tar.gz
    """
    if path is None:
        bundle = factory.open_bundle(settings)
        _verify(bundle, bundle.path, settings)
    elif path.is_dir():
        _verify(bundles.load(path), path, settings)
    else:
        with bundles.unpacked(path) as bundle:
            _verify(bundle, path, settings)


@models.command(name="install")
@click.argument("file", type=FILE)
@click.option("--allow-older", is_flag=True, help="Take a version that is not higher than the one in use.")
@_config_option
def install_bundle(file: Path, allow_older: bool, settings: Config) -> None:
    """Install the packed bundle FILE and take it into use, if it proves itself on this machine.

    \b
    Example:
      maskgate models install model.tar.gz
    """
    tests: list[SelfTest] = []
    change = install(
        open_bundle_store(),
        file,
        lambda bundle: tests.append(admit(bundle, settings)),
        allow_older=allow_older,
    )
    # Installing the bundle in use again is how a damaged one is repaired.
    if change.name == change.before:
        click.echo(f"{change.name} was in use already, and is whole")
    else:
        _announce(change)
    click.echo(_test_summary(tests[-1]))
    _warn_of_configured_bundle(settings)


@models.command()
@click.option("--shipped", is_flag=True, help="Go back to the bundle that comes with the package.")
@_config_option
def rollback(shipped: bool, settings: Config) -> None:
    """Go back to the bundle that was in use before.

    \b
    Example:
      maskgate models rollback
    """
    _announce(roll_back(open_bundle_store(), lambda bundle: _admit(bundle, settings), to_shipped=shipped))
    _warn_of_configured_bundle(settings)


def _admit(bundle: bundles.Bundle, settings: Config) -> None:
    self_test(bundle, settings)


def _announce(change: BundleChange) -> None:
    store = open_bundle_store()
    whose = "" if acts_on_service() else " for this user alone"
    click.echo(f"{change.name or 'the shipped bundle'} is in use now{whose}, in {store.path(change.name)}")
    advice = RELOAD if acts_on_service() else NOT_THE_SERVICE
    click.echo(f"Before it was {change.before or 'the shipped bundle'}. {advice}")


def _verify(bundle: bundles.Bundle, path: Path, settings: Config) -> None:
    test = admit(bundle, settings)
    signed = (
        "signed with a trusted key"
        if settings.classifier.trusted_keys
        else "needs no signature here: no trusted_keys are configured"
    )
    if path.resolve() == bundles.SHIPPED.resolve():
        signed = "the one that comes with the package"
    click.echo(f"{path} ({bundle.name}) is whole, and {signed}")
    click.echo(_test_summary(test))


def _test_summary(test: SelfTest) -> str:
    return (
        f"{test.golden} golden and {test.crops} made-up crops passed with {test.runtime}, "
        f"{test.crop_ms:.1f} ms a crop; {test.frames} whole frames passed too"
    )


def _warn_of_configured_bundle(settings: Config) -> None:
    if settings.classifier.bundle:
        click.echo(
            f"classifier.bundle is set to {settings.classifier.bundle}: that is used, whatever is installed",
            err=True,
        )


@models.command()
@click.option(
    "--to",
    "directory",
    type=FILE,
    help="Directory to keep it in (the default is found).",
)
@click.option("--url", default=YUNET_URL, show_default=True, help="Where to fetch it from; a mirror will do.")
def fetch(directory: Path | None, url: str) -> None:
    """Fetch the YuNet face detector of the OpenCV model zoo (230 kB).

    \b
    Example:
      maskgate models fetch
    """
    target = (directory or models_directory()) / YUNET
    fetch_yunet(url, target)
    click.echo(f"{target} is in place")


def _bundle_table(found: tuple[InventoryRow, ...]) -> str:
    """The rows as text."""
    lines = [("bundle", "use", "trial", "")]
    for row in found:
        marks = [name for name in ("current", "previous", "shipped") if getattr(row, name)]
        lines.append((row.name, ", ".join(marks), row.trial, row.problem))
    return table(lines, "llll")
