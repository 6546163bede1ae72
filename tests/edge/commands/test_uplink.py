"""`maskgate uplink`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from edge.commands import main


def test_nothing_to_send_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the key that says so, and exit code 2: the service is not started again."""
    (tmp_path / "config.toml").write_text("[mqtt]\nenabled = false\n")
    monkeypatch.setattr(sys, "argv", ["maskgate", "uplink", "--config", str(tmp_path / "config.toml")])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("maskgate: mqtt.enabled: ")
