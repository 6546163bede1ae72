"""What may be told of a database's URL: scheme, host, port and name of the database, and nothing else.

User, password and query stay secret, also where the driver repeats them in an error. A URL in which a
password has slipped into a part that is told is refused before anything of it is said.
"""

from __future__ import annotations

import re

from sqlalchemy.engine import URL

from edge.errors import ConfigError

HIDDEN = "***"
SHORTEST = 4
"""What is shorter is hidden only where it is quoted."""
_TOLD = frozenset({"host", "port", "dbname"})
_KEYS = frozenset({"application_name", "connect_timeout", "hostaddr", "options", "target_session_attrs"})
"""Members of a query whose name is no secret; nor is any that begins with ssl."""

_HOST = re.compile(r"[\w.:%-]*")
_QUERY_HOST = re.compile(r"[\w.:%,/-]*")
"""One or several, or the folder of a socket."""
_NAME = re.compile(r"[^\s@?#&;=]*")


def check_slips(url: URL) -> None:
    """Refuses a URL whose user or password ends too early, so that a rest of it stands where the host should.

    Raises:
        ConfigError: It says nothing of the URL.
    """
    try:
        url.render_as_string(hide_password=False).encode()
    except UnicodeEncodeError:
        raise ConfigError("--database: the URL is not in UTF-8; write it anew") from None
    told_parts = (
        (_HOST, url.host or ""),
        (_NAME, url.database or ""),
        (_QUERY_HOST, _of_query(url, "host")),
        (_NAME, _of_query(url, "dbname")),
    )
    if not all(pattern.fullmatch(part) for pattern, part in told_parts):
        raise ConfigError(
            "--database: the URL names no host or database that can be; in user and password write "
            "@, :, / and ? as %40, %3A, %2F and %3F"
        )


def told(url: URL) -> str:
    """The URL as it may be logged."""
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{url.database}"
    host = url.host or _of_query(url, "host")
    port = url.port or _of_query(url, "port")
    name = url.database or _of_query(url, "dbname")
    where = f"[{host}]" if ":" in host else host
    return f"{url.get_backend_name()}://{where}{f':{port}' if port else ''}/{name}"


def _of_query(url: URL, key: str) -> str:
    value = url.query.get(key, "")
    return value if isinstance(value, str) else ",".join(value)


def without_secrets(text: str, url: URL) -> str:
    """What a driver says, without what is not told of the URL."""
    for secret in sorted(_secrets(url), key=len, reverse=True):
        # A short one may be a word, or a part of any; drivers put what they were given into quotes.
        edge = r"\w" if len(secret) >= SHORTEST else r"[^\"']"
        text = re.sub(rf"(?<!{edge}){re.escape(secret)}(?!{edge})", HIDDEN, text)
    return text


def _secrets(url: URL) -> set[str]:
    found = {url.username, url.password}
    for key, value in url.query.items():
        if key not in _KEYS | _TOLD and not key.startswith("ssl"):
            found.add(key)
        if key not in _TOLD:
            found |= {value} if isinstance(value, str) else set(value)
    return {str(secret) for secret in found if secret}
