"""`maskgate check` says what `maskgate run` would say, all of it at once and without a device."""

from __future__ import annotations

import importlib.util
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edge import bundle
from edge.camera import picamera2
from edge.commands import main
from edge.config import load
from edge.demo import CLIP
from edge.errors import MaskGateError
from tests.support.mosquitto import Mosquitto, free_port
from tests.support.paths import ROOT

Check = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Check:
    """Checks a configuration: the exit code, and the lines of standard error without the program's name."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)

    def call(sections: str, *options: str) -> tuple[int, list[str]]:
        (tmp_path / "config.toml").write_text(sections)
        arguments = ["maskgate", "check", "--config", str(tmp_path / "config.toml"), *options]
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit) as end:
            main()
        code = end.value.code
        err = capfd.readouterr().err
        return (code if isinstance(code, int) else 0), [
            line.removeprefix("maskgate: ") for line in err.splitlines()
        ]

    return call


def sections(tmp_path: Path, mqtt: str = "enabled = false", camera: str = "", rest: str = "") -> str:
    source = camera or f'source = "{CLIP}"\npace = "fast"'
    spool = "" if "[spool]" in rest else f'[spool]\npath = "{tmp_path / "spool.db"}"\n'
    return f'[camera]\n{source}\n[mqtt]\n{mqtt}\n[lamp]\nkind = "none"\n{spool}{rest}\n'


REFUSED = {
    "a password file without a user": ('password_file = "/nope/pw"', "", "", 2, "mqtt.password_file"),
    "a password file that is not there": (
        'username = "x"\npassword_file = "/nope"',
        "",
        "",
        2,
        "mqtt.password_file",
    ),
    "a user without a password": ('username = "x"', "", "", 2, "mqtt.password_file"),
    "a ca that is not there": ('ca_file = "/nope/ca.pem"', "", "", 2, "mqtt.ca_file"),
    "a key without a certificate": ('client_key_file = "/nope/k"', "", "", 2, "mqtt.client_cert_file"),
    "a certificate that is not there": ('client_cert_file = "/nope/c"', "", "", 2, "mqtt.client_cert_file"),
    "a host with a scheme": ('host = "mqtt://broker"', "", "", 2, "mqtt.host"),
    "a host with a port": ('host = "broker:1883"', "", "", 2, "mqtt.host"),
    "a host in brackets": ('host = "[::1]"', "", "", 2, "mqtt.host"),
    "a host with a blank": ('host = "bro ker"', "", "", 2, "mqtt.host"),
    "a source of no known kind": (
        "enabled = false",
        'source = "http://127.0.0.1:1/x"',
        "",
        2,
        "camera.source",
    ),
    "a recording that is not there": ("enabled = false", 'source = "/nope.mp4"', "", 4, "camera.source"),
    "a tilde of nobody": ("enabled = false", 'source = "~nobody-there/a.mp4"', "", 4, "camera.source"),
    "picamera2 that is not installed": ("enabled = false", 'source = "picamera2"', "", 8, "camera.source"),
    "a path with a NUL": ("enabled = false", "", '[spool]\npath = "a\\u0000b"', 2, "spool.path"),
    "a source with a NUL": ("enabled = false", 'source = "a\\u0000b"', "", 2, "camera.source"),
    "no bundle": ("enabled = false", "", '[classifier]\nbundle = "/nope"', 3, "classifier.bundle"),
    "no detector": ("enabled = false", "", '[detector]\nmodel = "/nope.onnx"', 3, "detector.model"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_run_refuses_is_refused_with_the_same_code(check: Check, tmp_path: Path, case: str) -> None:
    """And with the key that it is about; the daemon itself is asked as well."""
    mqtt, camera, rest, code, key = REFUSED[case]
    text = sections(tmp_path, mqtt, camera, rest)
    found, lines = check(text)
    assert (found, [line.split(":")[0] for line in lines]) == (code, [key])
    command = [sys.executable, "-m", "edge", "run", "--config", str(tmp_path / "config.toml")]
    assert subprocess.run(command, capture_output=True, timeout=120, check=False).returncode == code


@pytest.mark.parametrize("path", ["/nope/nope/s.db", "/dev/null"])
def test_a_place_for_no_spool_is_told(check: Check, tmp_path: Path, path: str) -> None:
    """The daemon would see and light its lamp there, and keep its events in memory."""
    found, lines = check(sections(tmp_path, "enabled = false", "", f'[spool]\npath = "{path}"'))
    assert (found, [line.split(":")[0] for line in lines]) == (5, ["spool.path"])


def test_every_problem_is_told_at_once(check: Check, tmp_path: Path) -> None:
    """Those of the form first, then keys, models, spool, broker and camera; the first decides."""
    (tmp_path / "folder").mkdir()
    text = """
        [camera]
        fps = 0
        source = "/nope.mp4"
        [classifier]
        bundle = "/nope"
        trusted_keys = ["/nope/one.pub", "/nope/two.pub"]
        [detector]
        model = "/nope.onnx"
        [mqtt]
        host = "mqtt://broker"
        username = "door"
        password_file = "/nope/pw"
        ca_file = "/nope/ca.pem"
        client_cert_file = "/nope/cert.pem"
    """
    code, lines = check(f'{text}[spool]\npath = "{tmp_path / "folder"}"\n')
    assert code == 2
    assert [line.split(":")[0] for line in lines] == [
        "camera.fps",
        *["classifier.trusted_keys"] * 2,
        "detector.model",
        "classifier.bundle",
        "spool.path",
        "mqtt.password_file",
        "mqtt.host",
        "mqtt.ca_file",
        "mqtt.client_cert_file",
        "camera.source",
    ]


def test_a_member_of_a_list_is_named_once(check: Check, tmp_path: Path) -> None:
    """An end of the entry line outside the picture: by its place in the list."""
    entrance = '[entrance]\nline = [[0.1, 0.6], [1.4, 0.6]]\ninside = "below"'
    code, lines = check(sections(tmp_path, rest=entrance))
    assert (code, lines) == (2, ["entrance.line.1.0: should be less than or equal to 1"])


@pytest.mark.parametrize(
    ("mqtt", "rest", "line"),
    [
        (
            "enabled = false",
            "[relay]\npin = 17",
            "relay: GPIO 17 is one of lamp.pins; the relay needs a pin of its own",
        ),
        (
            'username = "door"\nhost = "broker"',
            "",
            "mqtt: a password would travel to broker unencrypted: name a ca_file, or, where nobody can read "
            'along, say insecure = ["clear-password"]',
        ),
    ],
)
def test_a_problem_of_a_whole_section_names_it_once(
    check: Check, tmp_path: Path, mqtt: str, rest: str, line: str
) -> None:
    """A section has no dot by which it is told from the sentence."""
    assert check(sections(tmp_path, mqtt, rest=rest)) == (2, [line])


def test_what_a_default_stands_for_is_no_problem(check: Check, tmp_path: Path) -> None:
    """A source that is no text is one problem; that picamera2 is not installed is none of this file."""
    spool = f'[spool]\npath = "{tmp_path / "spool.db"}"\nmax_mib = 1\n'
    code, lines = check(f"[camera]\nsource = 5\n[mqtt]\nenabled = false\n{spool}")
    assert code == 2
    assert [line.split(":")[0] for line in lines] == ["camera.source", "spool.max_mib"]


def test_a_section_that_is_none_is_one_problem(check: Check, tmp_path: Path) -> None:
    """And the others are looked at all the same."""
    code, lines = check(
        f'camera = 5\n[mqtt]\nenabled = false\n[spool]\npath = "{tmp_path / "no" / "no" / "x.db"}"\n'
    )
    assert [line.split(":")[0] for line in lines] == ["camera", "spool.path"]
    assert code == 2


def test_the_sample_is_in_order_where_its_camera_is_installed(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a Raspberry Pi, that is."""
    found = importlib.util.find_spec
    monkeypatch.setattr(
        picamera2.importlib.util, "find_spec", lambda name, *rest: name == "picamera2" or found(name, *rest)
    )
    sample = (
        (ROOT / "config.toml").read_text().replace("/var/lib/maskgate/spool.db", str(tmp_path / "spool.db"))
    )
    assert check(sample) == (0, [])


def test_an_address_that_ffmpeg_would_cut_is_refused_untold(check: Check, tmp_path: Path) -> None:
    """The daemon would be blind for ever."""
    code, lines = check(sections(tmp_path, camera='source = "rtsp://viewer:Hunter/2@cam/live"'))
    assert code == 2
    (line,) = lines
    assert line.startswith("camera.source: the address ")
    assert not any(word in line for word in ("viewer", "Hunter"))


def test_a_camera_that_is_away_is_in_order(check: Check, tmp_path: Path) -> None:
    """No device and no network is needed, unless --connect asks for them."""
    for source in ("/dev/video99", "rtsp://u:p]w@127.0.0.1:9/x"):
        text = sections(tmp_path, f'host = "127.0.0.1"\nport = {free_port()}', f'source = "{source}"')
        assert check(text) == (0, [])
    code, lines = check(text, "--connect")
    assert code == 6
    assert [line.split(":")[0] for line in lines] == ["mqtt.host", "camera.source"]
    assert "p]w" not in str(lines)


@pytest.mark.broker
def test_connect_is_content_where_all_is_there(check: Check, tmp_path: Path, broker: Mosquitto) -> None:
    """A broker that takes the device, and a recording with frames."""
    text = sections(tmp_path, f'host = "127.0.0.1"\nport = {broker.port}')
    assert check(text, "--connect") == (0, [])


def test_a_port_that_does_not_answer_does_not_hold_it_up(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something listens there, and says nothing."""
    monkeypatch.setattr("edge.mqtt.probe.PATIENCE_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        text = sections(tmp_path, f'host = "127.0.0.1"\nport = {silent.getsockname()[1]}')
        code, lines = check(text, "--connect")
    assert code == 6
    assert "does not answer" in lines[0]


def test_a_check_writes_nothing(check: Check, tmp_path: Path) -> None:
    """Neither a spool nor an attempt with a bundle, beside a spool that is there or not."""
    text = sections(tmp_path)
    assert check(text) == (0, [])
    assert {file.name for file in tmp_path.iterdir()} == {"config.toml"}


@pytest.mark.parametrize("content", ["some notes", "a database"])
def test_a_spool_path_that_leads_to_something_else_is_told(
    check: Check, tmp_path: Path, content: str
) -> None:
    """The daemon works without it, and says so; what is there is not touched."""
    file = tmp_path / "spool.db"
    if content == "a database":
        with sqlite3.connect(file) as other:
            other.execute("CREATE TABLE bills (amount)")
        other.close()
    else:
        file.write_text(content * 100)
    before = file.read_bytes()
    code, lines = check(sections(tmp_path))
    assert (code, lines[0].split(":")[0]) == (5, "spool.path")
    command = [sys.executable, "-m", "edge", "run", "--config", str(tmp_path / "config.toml")]
    daemon = subprocess.run(command, capture_output=True, timeout=120, check=False, text=True)
    assert daemon.returncode == 0
    assert "events are kept in memory only" in daemon.stderr
    assert file.read_bytes() == before


def test_a_damaged_bundle_that_run_would_pass_over_is_no_refusal(check: Check, tmp_path: Path) -> None:
    """The daemon takes the bundle of the package instead, and both say so."""
    damaged = tmp_path / "bundle"
    shutil.copytree(bundle.SHIPPED, damaged)
    (damaged / bundle.CLASSIFIER).write_bytes(b"damaged")
    code, lines = check(sections(tmp_path, rest=f'[classifier]\nbundle = "{damaged}"'))
    assert code == 0
    assert "is in use instead" in lines[-1]


def test_a_missing_gpiozero_is_told(check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a pin being touched."""
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    text = sections(tmp_path).replace('kind = "none"', 'kind = "gpio"')
    code, lines = check(text)
    assert (code, lines[0].split(":")[0]) == (8, "lamp.kind")


def test_the_credential_of_the_service_is_a_password(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check is run by hand, where systemd has brought nothing yet."""
    store = tmp_path / "credstore"
    store.mkdir()
    (store / "mqtt-password").write_text("s3cret\n")
    monkeypatch.setattr("edge.system.secrets.CREDENTIAL_STORES", (str(store),))
    assert check(sections(tmp_path, 'username = "door"')) == (0, [])


def test_load_raises_what_examine_finds(tmp_path: Path) -> None:
    """Both come from one reading of the file."""
    file = tmp_path / "config.toml"
    file.write_text('[mqtt]\ninsecure = ["what"]\n[nonsense]\na = 1\n')
    with pytest.raises(MaskGateError) as caught:
        load(file)
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["mqtt.insecure.0", "nonsense"]


def test_models_named_on_the_command_line_are_those_of_run(check: Check, tmp_path: Path) -> None:
    """They take the place of what is configured."""
    text = sections(tmp_path, rest='[classifier]\nbundle = "/nope"')
    assert check(text, "--bundle", str(bundle.SHIPPED)) == (0, [])
    code, lines = check(sections(tmp_path), "--detector", "/nope.onnx")
    assert (code, lines[0].split(":")[0]) == (3, "detector.model")
