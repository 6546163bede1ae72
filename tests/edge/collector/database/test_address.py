"""No error tells more of a database's URL than scheme, host, port and name."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import make_url

from edge.collector.database import open_database
from edge.collector.database.address import told, without_secrets
from edge.errors import ConfigError, MaskGateError, StorageError

SECRET = "hunter2"
SERVER = "127.0.0.1:1"

REACH_NOBODY = [
    f"postgresql://me:{SECRET}@{SERVER}/x",
    f"postgresql://{SECRET}@{SERVER}/x",
    f"postgresql://{SERVER}/x?user=me&password={SECRET}",
    f"postgresql://{SERVER}/x?sslmode=disable&sslpassword={SECRET}",
    f"postgresql://1:{SECRET}@{SERVER}/x?connect_timeout=1",
    f"postgresql://{SERVER}/x?password={SECRET}&password=other",
    f"postgresql:///x?host=127.0.0.1&port=1&password={SECRET}",
]
CANNOT_BE = [
    f"postgresql://{SERVER}/x?sslmode={SECRET}",
    f"postgresql://{SERVER}/x?{SECRET}=1",
    f"postgresql://{SERVER}/x?connect_timeout={SECRET}",
    f"postgresql://{SERVER}/x?pasword={SECRET}",
    f"postgresql://me:{SECRET}%00@{SERVER}/x",
]
SLIPS = [
    f"postgresql://me:p@{SECRET}@{SERVER}/x",
    f"postgresql://me:p@a/{SECRET}@{SERVER}/x",
    f"postgresql://me/{SECRET}@{SERVER}/x",
    f"postgresql://me:{SECRET}/x",
    f"postgresql://{SERVER}/x&password={SECRET}",
    f"postgresql://{SERVER}/x;password={SECRET}",
    f"postgresql:/me:{SECRET}@{SERVER}/x",
    f"me:{SECRET}@{SERVER}/x",
    f"mysql://me:{SECRET}@{SERVER}/x",
    f"sqlite://me:{SECRET}@host",
    f"sqlite:///x.db?password={SECRET}",
    f"postgresql://me:{SECRET}\udcff@{SERVER}/x",
    f"postgresql://{SERVER}/?dbname=password%3D{SECRET}",
]


def refusal(url: str) -> MaskGateError:
    with pytest.raises(MaskGateError) as caught:
        open_database(url, create=True)
    assert SECRET not in str(caught.value), str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("url", REACH_NOBODY)
def test_a_server_that_is_not_there_is_named_without_a_secret(url: str) -> None:
    """Wherever the URL holds it: before the host or in the query."""
    error = refusal(url)
    assert isinstance(error, StorageError)
    assert "postgresql://127.0.0.1:1/x" in str(error)


@pytest.mark.parametrize("url", CANNOT_BE)
def test_what_the_driver_says_of_an_option_tells_no_value(url: str) -> None:
    """It repeats what it was given; the sentence hides that."""
    assert "127.0.0.1:1" in str(refusal(url))


@pytest.mark.parametrize("url", SLIPS)
def test_a_slip_in_the_url_tells_nothing_of_it(url: str) -> None:
    """What stands where the host should may be the rest of a password."""
    assert isinstance(refusal(url), ConfigError)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql+psycopg://me:secret@host:5433/x?sslmode=require", "postgresql://host:5433/x"),
        ("postgresql://me@[::1]/x", "postgresql://[::1]/x"),
        ("postgresql:///x?host=/run/postgresql", "postgresql:///run/postgresql/x"),
        ("sqlite:////var/lib/events.db", "sqlite:////var/lib/events.db"),
    ],
)
def test_scheme_host_port_and_name_are_told(url: str, name: str) -> None:
    """And no more."""
    assert told(make_url(url)) == name


def test_a_short_secret_leaves_the_words_whole() -> None:
    """A user called in, or a time limit of one second, is hidden only where it is quoted."""
    url = make_url("postgresql://in:secret@host/x?connect_timeout=1")
    said = 'failed for user "in" in main, secret, at 127.0.0.1'
    assert without_secrets(said, url) == 'failed for user "***" in main, ***, at 127.0.0.1'
