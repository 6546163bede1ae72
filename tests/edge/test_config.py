"""config.toml: read strictly, all problems at once."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from edge import config
from edge.errors import ConfigError
from tests.support.paths import ROOT

SAMPLE = ROOT / "config.toml"


def problems(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        config.load(file)
    assert caught.value.exit_code == 2
    return str(caught.value).splitlines()


def test_the_sample_holds_the_defaults() -> None:
    """What stands in the sample is what an empty file gives."""
    assert config.load(SAMPLE) == config.Config()


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    """Each as section.key: problem."""
    text = """
        [device]
        site = "a/b"
        [camera]
        fps = 0
        sauce = "usb"
        rotation = 45
        [detector]
        score_threshold = 2
        [verdict]
        gone_s = -1
        [lamp]
        kind = "disco"
        [lamp.pins]
        red = 27
        [mqtt]
        port = "many"
        [unknown]
        key = 1
    """
    found = problems(tmp_path, text)
    assert [line.split(":")[0] for line in found] == [
        "device.site",
        "camera.fps",
        "camera.rotation",
        "camera.sauce",
        "detector.score_threshold",
        "verdict.gone_s",
        "lamp.kind",
        "lamp.pins",
        "mqtt.port",
        "unknown",
    ]
    assert all(len(line.split(": ", 1)[1]) > 10 for line in found)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"[camera", "is not TOML"), (b"\xff\xfe", "is not UTF-8")],
)
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    """In one sentence that names the file."""
    file = tmp_path / "config.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=f"{file} {sentence}"):
        config.load(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """With the option that names another."""
    with pytest.raises(
        ConfigError, match="cannot be read: No such file or directory; name another with --config"
    ):
        config.load(tmp_path / "nothing.toml")


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_numbers_that_are_none_are_refused(tmp_path: Path, number: str) -> None:
    """TOML knows nan and inf; a time limit must not be one."""
    assert problems(tmp_path, f"[verdict]\ndwell_s = {number}")[0].startswith("verdict.dwell_s: ")


@pytest.mark.parametrize("host", ["broker.example", "192.168.1.5", "::2"])
def test_a_password_in_the_clear_is_refused_unless_it_is_named(tmp_path: Path, host: str) -> None:
    """Sent to another machine without TLS it can be read on the way."""
    text = f'[mqtt]\nhost = "{host}"\nusername = "door"\n'
    assert "clear-password" in problems(tmp_path, text)[0]
    for way_out in ('insecure = ["clear-password"]', 'ca_file = "ca.pem"'):
        assert config.Config.model_validate(tomllib.loads(text + way_out)).mqtt.username == "door"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.5.5.5", "::1"])
def test_a_password_on_the_same_machine_needs_no_tls(host: str) -> None:
    """What stays on the machine cannot be read on the way."""
    assert config.MqttConfig(host=host, username="door").host == host


@pytest.mark.parametrize("key", ["tls_insecure = true", 'insecure = ["everything"]', "insecure = true"])
def test_an_insecure_setting_must_have_its_name(tmp_path: Path, key: str) -> None:
    """No key switches security off by a vague word."""
    assert problems(tmp_path, f"[mqtt]\n{key}")[0].startswith("mqtt.")


def test_what_is_told_holds_no_secret() -> None:
    """No login, no file, and of a camera's address nothing that could be a password."""
    secret = config.Config.model_validate(
        {
            "camera": {"source": "rtsp://user:hunter2@cam.example/s?pw=hunter2", "password_file": "/hunter2"},
            "classifier": {"bundle": "/hunter2", "trusted_keys": ["/hunter2"]},
            "detector": {"model": "/hunter2"},
            "mqtt": {"username": "hunter2", "password_file": "/hunter2", "ca_file": "/hunter2"},
            "spool": {"path": "/hunter2"},
            "web": {"token_file": "/hunter2", "cert_file": "/hunter2", "key_file": "/hunter2"},
        }
    )
    told = secret.told()
    assert "hunter2" not in repr(told)
    assert told["camera"]["source"] == "rtsp://cam.example"  # type: ignore[index]
    assert told["mqtt"]["port"] == 1883  # type: ignore[index]


@pytest.mark.parametrize("proxy", ["proxy.example", "10.0.0.1/8", "*"])
def test_a_proxy_is_an_address(tmp_path: Path, proxy: str) -> None:
    """A name could become another's, and everybody is nobody in particular."""
    assert f"web.proxy: {proxy} is no address" in problems(tmp_path, f'[web]\nproxy = "{proxy}"')[0]
    for good in ("127.0.0.1", "::1", "172.18.0.0/16"):
        assert config.WebConfig(proxy=good).proxy == good


@pytest.mark.parametrize("prefix", ["", "a//b", "a/#", "/a", "a/", "a b"])
def test_a_prefix_that_is_no_topic_is_refused(tmp_path: Path, prefix: str) -> None:
    """Wildcards and empty levels would be heard, or sent, elsewhere."""
    file = tmp_path / "config.toml"
    file.write_text(f'mqtt.prefix = "{prefix}"')
    with pytest.raises(ConfigError, match=r"mqtt\.prefix"):
        config.load(file)


def test_nothing_is_obeyed_by_default() -> None:
    """Neither marks nor commands."""
    assert not config.MqttConfig().accept_ack
    assert config.MqttConfig().accept_commands == ()


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Nor is any other thing that is no file."""
    os.mkfifo(tmp_path / "config.toml")
    with pytest.raises(ConfigError, match="is not a file"):
        config.load(tmp_path / "config.toml")


POLYGON = "area = [[0, 0.2], [1, 0.2], [1, 1], [0, 1]]"


@pytest.mark.parametrize(
    ("text", "key", "sentence"),
    [
        ("area = [[0.1, 0.1], [0.9, 0.9]]", "entrance.area", "three corners or more, not 2"),
        ("area = [[0, 0], [1, 1], [1, 0], [0, 1]]", "entrance.area", "cross"),
        ("area = [[0, 0], [1, 0], [1, 1.2]]", "entrance.area.2.1", "less than or equal to 1"),
        ('line = [[0.1, 0.5], [0.9, 0.5], [0.9, 0.6]]\ninside = "below"', "entrance.line", "two ends, not 3"),
        ('line = [[0.1, 0.5], [0.1, 0.5]]\ninside = "below"', "entrance.line", "the same point"),
        ('line = [[-0.1, 0.5], [0.9, 0.5]]\ninside = "below"', "entrance.line.0.0", "greater than or equal"),
        (f'{POLYGON}\nline = [[0.1, 0.1], [0.9, 0.5]]\ninside = "below"', "entrance.line", "entrance.area"),
        ("line = [[0.1, 0.5], [0.9, 0.5]]", "entrance.inside", "above and below"),
        ('inside = "left"', "entrance.inside", "no entrance.line"),
        ('line = [[0.1, 0.5], [0.9, 0.5]]\ninside = "left"', "entrance.inside", "above and below"),
        ('line = [[0.5, 0.1], [0.5, 0.9]]\ninside = "below"', "entrance.inside", "left and right"),
        ('line = [[0.5, 0.1], [0.5, 0.9]]\ninside = "in"', "entrance.inside", "'left' or 'right'"),
    ],
)
def test_an_entrance_that_cannot_be_is_told_with_its_key(
    tmp_path: Path, text: str, key: str, sentence: str
) -> None:
    """Polygons that are none, lines outside picture or area, sides that the line does not have."""
    (problem,) = problems(tmp_path, f"[entrance]\n{text}")
    assert problem.startswith(f"{key}: ")
    assert sentence in problem


def test_a_slanted_line_has_the_sides_that_it_is_nearer_to(tmp_path: Path) -> None:
    """And exactly between them all four."""
    file = tmp_path / "config.toml"
    for end, sides in (("0.9, 0.4", ("above", "below")), ("0.9, 0.9", ("above", "below", "left", "right"))):
        for side in sides:
            file.write_text(f'[entrance]\nline = [[0.1, 0.1], [{end}]]\ninside = "{side}"')
            assert config.load(file).entrance.inside == side


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("pin = 4", "GPIO 4 would energise this relay from power-on"),
        ("pin = 24\nactive_high = false", "energised by a low pin needs one of 0 to 8"),
        ("pin = 17", "GPIO 17 is one of lamp.pins"),
        ("pulse_s = 12", "longest_s must not be shorter than pulse_s"),
    ],
)
def test_a_relay_that_would_not_rest_is_refused(tmp_path: Path, section: str, told: str) -> None:
    """By a pin that is on before any program runs, one that is taken, or bounds that contradict."""
    (problem,) = problems(tmp_path, f"[relay]\n{section}")
    assert problem.startswith("relay: ")
    assert told in problem


def test_a_relay_rests_on_the_pins_of_its_polarity() -> None:
    """High pins for a relay that a low level energises, and the other way round."""
    assert config.RelayConfig(pin=24).pin == 24
    assert config.RelayConfig(pin=4, active_high=False).pin == 4


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[schedule]\nquiet = ["mon-fri 19:00"]', "schedule.quiet.0"),
        ('[schedule]\nexempt = ["sun"]', "schedule.exempt"),
        ("[schedule]\nexempt_area = [[0, 0], [1, 1]]", "schedule.exempt_area"),
        ('[device]\ntimezone = "Europe/Atlantis"', "device.timezone"),
    ],
)
def test_a_schedule_that_means_nothing_is_refused(tmp_path: Path, text: str, key: str) -> None:
    """A time that is none, an exemption without a place, an area without a surface, no time zone."""
    assert [line.split(": ")[0] for line in problems(tmp_path, text)] == [key]


def test_a_schedule_is_read() -> None:
    """With days, times and an area."""
    text = """
        [device]
        timezone = "Europe/Berlin"
        [schedule]
        quiet = ["mon-fri 19:00-06:30", "sat,sun"]
        exempt_area = [[0, 0], [0.5, 0], [0.5, 1]]
        exempt = ["11:30-13:30"]
    """
    assert config.Config.model_validate(tomllib.loads(text)).schedule.exempt == ("11:30-13:30",)
