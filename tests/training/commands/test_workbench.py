"""`maskgate-train workbench`: what it refuses; its pages are tested in a browser."""

from __future__ import annotations

import socket
from pathlib import Path

from click.testing import CliRunner, Result

from edge.errors import ConfigError, ModelError
from tests.support import forked
from training.commands import maskgate_train


def run(folder: Path, *arguments: object) -> Result:
    words = ["workbench", "--folder", folder / "bench", "--runs", folder / "runs", *arguments]
    return CliRunner().invoke(maskgate_train, [str(word) for word in words])


def test_another_address_needs_a_token(tmp_path: Path) -> None:
    """The sentence names the options."""
    error = run(tmp_path, "--host", "0.0.0.0").exception
    assert isinstance(error, ConfigError)
    assert str(error).startswith("--host: 0.0.0.0 can be reached from other machines")
    assert "--token-file" in str(error)
    missing = run(tmp_path, "--token-file", tmp_path / "none").exception
    assert str(missing).startswith("--token-file: ")


def test_a_certificate_needs_its_key(tmp_path: Path) -> None:
    """One without the other is refused."""
    refused = run(tmp_path, "--cert-file", tmp_path / "cert.pem")
    assert refused.exit_code == 2
    assert "belong together" in refused.output


def test_what_holds_no_model_is_refused(tmp_path: Path) -> None:
    """Before anything is served."""
    error = run(tmp_path, "--run", tmp_path).exception
    assert isinstance(error, ModelError)
    assert "neither a bundle nor a network nor a run folder" in str(error)


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """The sentence names the option; it is said before the library of the pages has started anything."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = forked.run(
            forked.program("training"), "workbench", "--folder", tmp_path, "--port", other.getsockname()[1]
        )
    assert done.returncode == 2
    assert "--port: 127.0.0.1 port" in done.stderr
    assert "Traceback" not in done.stderr
