"""Network addresses: whether one can be used as it stands, and what of it may be told.

Addresses of cameras hold passwords: before the host, in the path, in the query. What the device says is
logged and published, so scheme and host are told of an address and nothing else. Of one that cannot be
taken apart for certain nothing is told, since a password may stand where the host should.

Sources: FFmpeg, libavformat/utils.c, `av_url_split`; libavformat/rtsp.c, `ff_rtsp_connect`, for the room
that it has for each part.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import quote

from edge.errors import ConfigError

_SCHEME = re.compile(r"(rtsps?)://", re.IGNORECASE)
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%\w]+\]|[^\s\[\]:@\\]+)(?::(?P<port>[0-9]{1,5}))?")
_MOST_LOGIN_BYTES = 127
_MOST_PATH_BYTES = 1023
_MOST_PORT = 65_535
_ADDRESS_LIKE = re.compile(r"[@?&]|[:;][/\\]|^\s*(?:rtsps?|rstps?|rtps?|rtmps?|https?)[:;/\\]", re.IGNORECASE)
# Two letters at least: one is a drive of Windows.
_ANY_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):[/\\]+", re.IGNORECASE)
_SECRET_PLACE = re.compile(
    r"[^\s/:@]:[^@]*@|[?&][^\s=&?]+=|^\s*(?:rtsps?|rstps?|rtps?|rtmps?)[:;/\\]", re.IGNORECASE
)
_LOCAL_SCHEMES = frozenset({"file", "sqlite"})
HIDDEN = "(an address that is not shown)"
_ENCODE = "write /, ?, # and @ in it as %2F, %3F, %23 and %40"


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """What may be told of the address of a stream; `str` gives it for people."""

    scheme: str
    host: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}"

    @classmethod
    def parse(cls, text: str) -> StreamAddress:
        """Takes an address apart as FFmpeg does.

        Raises:
            ConfigError: It is no RTSP address, or FFmpeg would cut a part of it off. The sentence tells
                nothing of it.
        """
        scheme = _SCHEME.match(text)
        if scheme is None:
            raise ConfigError("the address is none that is known: use rtsp:// or rtsps://")
        if re.search(r"[\s\x00-\x1f\x7f]", text):
            raise ConfigError("the address holds a blank; write it as %20")
        if re.search(r"[\ud800-\udfff]", text):
            raise ConfigError("the address is not in UTF-8; write it anew")
        authority, path = _split(text[scheme.end() :])
        if "@" in path:
            raise ConfigError(
                f"the address ends too early, at a /, ? or # of user, password or path; {_ENCODE}"
            )
        login, _, where = authority.rpartition("@")
        if len(login.encode()) > _MOST_LOGIN_BYTES or len(path.encode()) > _MOST_PATH_BYTES:
            raise ConfigError(
                f"the address is too long: user and password may have {_MOST_LOGIN_BYTES} bytes, "
                f"the path {_MOST_PATH_BYTES}"
            )
        return cls(scheme[1].lower(), _host(where))


def _split(rest: str) -> tuple[str, str]:
    """What comes before and from the first character on that ends the host."""
    end = re.search(r"[/?#]", rest)
    return (rest, "") if end is None else (rest[: end.start()], rest[end.start() :])


def _host(where: str) -> str:
    found = _HOST.fullmatch(where)
    if found is None or (found["port"] is not None and not 0 < int(found["port"]) <= _MOST_PORT):
        raise ConfigError(f"the address names no host, or no port; if that is a password, {_ENCODE}")
    return found["host"]


def has_user_alone(text: str) -> bool:
    """Whether an address names a user and no password."""
    user, _ = _user(text)
    return bool(user) and ":" not in user


def with_password(text: str, password: str) -> str:
    """An address with a password behind its user, encoded so that FFmpeg reads it whatever it holds."""
    user, rest = _user(text)
    return f"{text[: -len(user + rest)]}{user}:{quote(password, safe='')}{rest}"


def _user(text: str) -> tuple[str, str]:
    """What stands before the last @ of the host's part of an address, and what follows it."""
    scheme = _SCHEME.match(text)
    if scheme is None:
        return "", text
    authority, path = _split(text[scheme.end() :])
    login, at, host = authority.rpartition("@")
    return login, f"{at}{host}{path}"


def is_stream(text: str) -> bool:
    """Whether a text is meant for the address of a network camera, if not always one that can be used."""
    return _SCHEME.match(text) is not None


def looks_like_address(text: str) -> bool:
    """Whether a text that was meant for a path may be an address with a slip of the pen, and so a secret."""
    return _ADDRESS_LIKE.search(text) is not None


def address_in(text: str) -> str | None:
    """What may be told of an address in a text: `scheme://host`, or that it is one; None where there is none.

    Addresses of files on this machine do not count. Where a login stands without a scheme, or a slip of
    the pen may have put a secret anywhere, nothing is told.
    """
    found = _ANY_SCHEME.search(text)
    if found is None:
        return HIDDEN if _SECRET_PLACE.search(text) else None
    if found[1].lower() in _LOCAL_SCHEMES:
        return None
    authority, path = _split(text[found.end() :])
    host = _HOST.fullmatch(authority.rpartition("@")[2])
    if host is None or "@" in path:
        return HIDDEN
    return f"{found[1].lower()}://{host['host']}"


def without_addresses(sentence: str, given: Iterable[str]) -> str:
    """A sentence in which no more is told of what was given than may be, however it was quoted there.

    Args:
        sentence: What is to be said.
        given: What somebody typed or set, each of which may hold an address.
    """
    for text in given:
        told = address_in(text)
        if told is not None:
            for spelling in sorted(set(_spellings(text)), key=len, reverse=True):
                sentence = sentence.replace(spelling, told)
    return sentence


def _spellings(text: str) -> Iterator[str]:
    """The ways in which an address shows up in a sentence: as typed, as a path, and as Python quotes it."""
    found = _ANY_SCHEME.search(text)
    parts = [text, text.partition("=")[2]]
    if found is not None:
        rest = text[found.end() :]
        # Without a login or a query, what follows the scheme alone may be told by those who know it better.
        parts = [text[found.start() :], rest if re.search(r"[@?]", rest) else ""]
    for part in filter(None, parts):
        for spelling in (part, str(PurePath(part))):
            yield from (spelling, repr(spelling)[1:-1])


def host_problem(host: str) -> str:
    """What is wrong with the name or IP address of a broker's host; empty where nothing is.

    The host itself is not told: with a scheme or a login in it, it may hold a password.
    """
    if re.search(r"[\s\x00-\x1f\x7f]", host):
        return "it holds a blank"
    if "://" in host or re.search(r"[@/?#\\]", host):
        return "it is more than a host name or address: leave scheme, login and path away"
    if "[" in host or "]" in host:
        return "it holds brackets; write an IPv6 address without them"
    if ":" in host and not _is_ipv6(host):
        return "it holds a colon and is no IPv6 address; the port is a setting of its own"
    try:
        host.encode("idna")
    except UnicodeError:
        return "it is not a host name or address"
    return ""


def _is_ipv6(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 6
    except ValueError:
        return False
