"""Which configuration a command reads where none is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.cli import options
from edge.cli.options import find_config, find_config_file


def written(file: Path, name: str) -> Path:
    file.write_text(f'[device]\nname = "{name}"\n')
    return file


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the service's configuration would be; the working directory is another folder."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(options, "SYSTEM_CONFIG", tmp_path / "system.toml")
    return tmp_path / "system.toml"


def test_daemon_and_tools_read_the_same_file_where_there_is_one(system: Path) -> None:
    """That of the working directory, or that of the service."""
    written(Path("config.toml"), "local")
    assert find_config_file(None) == Path("config.toml")
    assert find_config(None).device.name == "local"
    Path("config.toml").unlink()
    written(system, "service")
    assert find_config_file(None) == system
    assert find_config(None).device.name == "service"


def test_of_two_files_the_tools_say_which_they_read(system: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Root must not go by a file that happens to be in the working directory; the daemon by hand may."""
    written(system, "service")
    written(Path("config.toml"), "local")
    assert find_config_file(None) == Path("config.toml")
    assert find_config(None).device.name == "service"
    (line,) = capsys.readouterr().err.splitlines()
    assert str(system) in line
    assert "--config config.toml" in line


def test_a_named_file_is_read_whatever_else_is_there(
    system: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a word."""
    written(system, "service")
    written(Path("config.toml"), "local")
    named = written(tmp_path / "named.toml", "named")
    assert find_config_file(named) == named
    assert find_config(named).device.name == "named"
    assert capsys.readouterr().err == ""


def test_without_any_the_tools_take_the_defaults(system: Path) -> None:
    """And the daemon asks for the one that is missing."""
    assert not system.exists()
    assert find_config(None).device.name == "entrance"
    assert find_config_file(None) == Path("config.toml")
