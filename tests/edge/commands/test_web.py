"""`maskgate web`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.support.commands import Run, one_sentence
from tests.support.mosquitto import free_port, wait_until


def test_the_demo_serves_page_and_api(tmp_path: Path) -> None:
    """One command plays the clip, counts its people and ends as a service does, and its device with it."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "edge", "web", "--demo", "--port", str(port)],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        # The device beside it may have something to say first.
        assert any(f"http://127.0.0.1:{port}/" in line for line in process.stderr)
        wait_until(lambda: get(port, "/api/stats").get("stored", 0) > 0, 120)
        assert get(port, "/api/health")["live"] is True
        # A page that is open: its stream has no end of its own.
        stream = urllib.request.urlopen(f"http://127.0.0.1:{port}/api/events/stream", timeout=60)
        assert stream.readline()
    finally:
        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=60)
    assert "Traceback" not in rest
    assert "Cancel" not in rest
    stream.close()
    assert process.returncode == 0
    assert list(tmp_path.glob("maskgate-web-*")) == []


def get(port: int, path: str) -> dict[str, object]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            found: dict[str, object] = json.load(answer)
            return found
    except OSError:
        return {}


def test_other_machines_need_a_token(run: Run, tmp_path: Path) -> None:
    """Without one nothing listens, and the sentence says what to do."""
    (tmp_path / "config.toml").write_text('[web]\nhost = "0.0.0.0"\n')
    result = run("web", "--config", str(tmp_path / "config.toml"))
    one_sentence(result, 2, "web.host", "a token is needed", "web.token_file")


def test_half_a_certificate_is_refused(run: Run, tmp_path: Path) -> None:
    """A certificate without its key would leave HTTPS off."""
    (tmp_path / "config.toml").write_text('[web]\ncert_file = "a.pem"\n')
    result = run("web", "--config", str(tmp_path / "config.toml"))
    one_sentence(result, 2, "web", "cert_file and key_file belong together")


@pytest.mark.parametrize("port", ["0", "65536", "x"])
def test_wrong_ports(run: Run, port: str) -> None:
    """The option says what it takes."""
    result = run("web", "--demo", "--port", port)
    assert result.code == 2
    assert "--port" in result.err
