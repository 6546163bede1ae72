"""Addresses: taken apart as FFmpeg does, and told without what is secret."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import ConfigError
from edge.system.address import StreamAddress, host_problem, looks_like_address

SECRET = "Hunter2"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("rtsp://cam", "rtsp://cam"),
        ("rtsp://u:p@cam:554/live/1?user=u&pw=p", "rtsp://cam"),
        ("rtsp://u:p@ss@cam/x", "rtsp://cam"),
        ("rtsp://u:p]s[s@cam/x", "rtsp://cam"),
        ("rtsp://u:p%2Fs%3F@10.0.0.7:8554/x", "rtsp://10.0.0.7"),
        ("RTSPS://[fe80::1]:322/x", "rtsps://[fe80::1]"),
        ("rtsp://u:[]@[fe80::1]/x", "rtsp://[fe80::1]"),
        ("rtsp://cam/user=admin_password=secret_channel=1", "rtsp://cam"),
        ("rtsp://cam?token=secret", "rtsp://cam"),
    ],
)
def test_scheme_and_host_are_told_and_nothing_else(address: str, told: str) -> None:
    """Neither user nor password, port, path, query or fragment."""
    assert str(StreamAddress.parse(address)) == told


@pytest.mark.parametrize(
    "address",
    [
        f"rtsp://viewer:{SECRET}/x@cam/live",
        f"rtsp://viewer:{SECRET}?x@cam/live",
        f"rtsp://viewer:{SECRET}#x@cam/live",
        f"rtsp://viewer:12/{SECRET}@cam/live",
        f"rtsp://{SECRET}:pw/x/y",
        f"rtsp://viewer:{SECRET}",
        f"rtsp://viewer:{SECRET}@",
        f"rtsp://viewer:{SECRET}@/live",
        f"rtsp://viewer:{SECRET}@cam:0/live",
        f"rtsp://viewer:{SECRET}@cam:70000/live",
        f"rtsp://viewer:{SECRET}@[fe80::1/live",
        f"rtsp://viewer:{SECRET} x@cam/live",
        f"rtsp://viewer:{SECRET}\n@cam/live",
        f"rtsp://viewer:{SECRET * 20}@cam/live",
        f"rtsp://cam/{SECRET * 200}",
        f"http://viewer:{SECRET}@cam/live",
        f"rstp://viewer:{SECRET}@cam/live",
    ],
)
def test_an_address_that_ffmpeg_would_cut_is_refused_without_telling_it(address: str) -> None:
    """What stands in the host's place may be a piece of a password, so nothing is told."""
    with pytest.raises(ConfigError) as caught:
        StreamAddress.parse(address)
    assert SECRET not in str(caught.value)
    assert "viewer" not in str(caught.value)
    assert "cam" not in str(caught.value)


@given(st.text(min_size=3).map(lambda text: f"Zq{text}qZ"))
def test_whatever_a_password_holds_it_is_not_told(password: str) -> None:
    """Either the address is refused without it, or the host is the one that was meant."""
    try:
        told = str(StreamAddress.parse(f"rtsp://viewer:{password}@door/cam"))
    except ConfigError as error:
        told = str(error)
        assert password not in told
    else:
        assert told == "rtsp://door"


@pytest.mark.parametrize(
    "slip",
    [
        "rtsp:/viewer:pw@cam/live",
        "rtsp//viewer:pw@cam",
        "rstp://cam/live?password=pw",
        " rtsp://cam/pw",
        "rtsp;//cam/pw",
        "rtsp:\\\\cam\\pw",
        "rtsp:cam/pw",
        "http:/cam/pw",
        "viewer:pw@cam",
        "//cam/live?password=pw",
    ],
)
def test_a_slip_of_an_address_is_known_as_one(slip: str) -> None:
    """Such a text must not be told as if it were a path."""
    assert looks_like_address(slip)


@pytest.mark.parametrize(
    "path",
    [
        "monday.mp4",
        "/var/clips/2025-03-01T08:15.mkv",
        "rtsp-clips/a.mp4",
        "httpd/a.mp4",
        "C:clip.avi",
        "~/clips",
        "a b.gif",
    ],
)
def test_a_path_is_no_address(path: str) -> None:
    """Names of files are told, since people need them."""
    assert not looks_like_address(path)


@pytest.mark.parametrize(
    "host", ["broker", "broker.example.", "10.0.0.7", "::1", "fe80::1%eth0", "bücher.example"]
)
def test_a_name_or_an_address_is_a_host(host: str) -> None:
    """IPv6 stands without brackets."""
    assert host_problem(host) == ""


@pytest.mark.parametrize(
    ("host", "word"),
    [
        ("mqtt://broker", "scheme"),
        ("viewer:Hunter2@broker", "login"),
        ("broker/path", "path"),
        ("broker:1883", "port"),
        ("[::1]", "brackets"),
        ("[::1]:1883", "brackets"),
        ("bro ker", "blank"),
        ("broker\n", "blank"),
        ("a..b", "not a host name"),
        ("x" * 70, "not a host name"),
    ],
)
def test_what_is_more_or_less_than_a_host_is_known(host: str, word: str) -> None:
    """The sentence says what is wrong and does not repeat it."""
    problem = host_problem(host)
    assert word in problem
    assert host not in problem
