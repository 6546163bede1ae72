"""Options that several commands take."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from edge.cli import options
from edge.config import Config


def test_the_services_configuration_is_found_unless_another_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without either the defaults hold."""
    system, named = tmp_path / "system.toml", tmp_path / "named.toml"
    monkeypatch.setattr(options, "SYSTEM_CONFIG", system)
    assert options.find_config(None) == Config()
    system.write_text("[camera]\nfps = 3\n")
    named.write_text("[camera]\nfps = 4\n")
    assert options.find_config(None).camera.fps == 3
    assert options.find_config(named).camera.fps == 4


def test_a_command_gets_its_settings_with_the_named_models(tmp_path: Path) -> None:
    """The configuration of the service plays no part."""
    found: list[Config] = []

    @click.command()
    @options.takes_settings
    def command(settings: Config) -> None:
        found.append(settings)

    done = CliRunner().invoke(command, ["--bundle", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert Path(found[0].classifier.bundle) == tmp_path
    assert found[0].camera == Config().camera
