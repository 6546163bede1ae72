"""Who may use pages and API."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import WebConfig
from edge.errors import ConfigError
from edge.web.auth import CREDENTIAL, MOST_SESSIONS, SESSION_S, Guard, find_token
from edge.web.problems import ProblemError
from tests.support.web import TOKEN, Served, served, token_file, web_config


def test_this_machine_needs_no_token() -> None:
    """What cannot be reached from elsewhere is open."""
    for host in ("127.0.0.1", "::1", "localhost"):
        assert find_token(WebConfig(host=host), {}) == ""


def test_behind_a_proxy_a_token_is_needed(tmp_path: Path) -> None:
    """All that it passes on comes from this machine; without a token nothing of it is answered."""
    with pytest.raises(ConfigError, match=r"web\.proxy: .* so a token is needed"):
        find_token(WebConfig(proxy="127.0.0.1"), {})
    with served(web_config(tmp_path)) as server:
        for name in ("X-Forwarded-For", "Forwarded", "Via"):
            for path in ("/api/stats", "/"):
                answer = server.client.get(path, headers={name: "203.0.113.5"})
                assert (answer.status_code, "needs a token" in answer.text) == (403, True)


@pytest.mark.parametrize("proxy", ["127.0.0.1", "127.0.0.0/8"])
def test_a_proxy_that_is_named_says_who_asks(tmp_path: Path, proxy: str) -> None:
    """The cookie of HTTPS is for HTTPS alone, and wrong tokens of one client hold up no other."""
    config = web_config(tmp_path, proxy=proxy, token_file=token_file(tmp_path))
    with served(config) as server:
        for _ in range(4):
            server.client.post("/login", data={"token": "wrong"}, headers={"X-Forwarded-For": "203.0.113.5"})
        headers = {"X-Forwarded-For": "203.0.113.6", "X-Forwarded-Proto": "https"}
        answer = server.client.post("/login", data={"token": TOKEN}, headers=headers)
        assert answer.status_code == 303
        assert "Secure" in answer.headers["set-cookie"]


def test_others_are_not_believed(tmp_path: Path) -> None:
    """Who says that it passes something on, and is not the proxy, is taken for who it is."""
    with served(web_config(tmp_path, token_file=token_file(tmp_path))) as server:
        headers = {"X-Forwarded-For": "203.0.113.6", "X-Forwarded-Proto": "https"}
        answer = server.client.post("/login", data={"token": TOKEN}, headers=headers)
        assert "Secure" not in answer.headers["set-cookie"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "door.example", "::"])
def test_other_addresses_need_a_token(host: str) -> None:
    """Without one the server does not start."""
    with pytest.raises(ConfigError, match=r"web\.host: .* so a token is needed"):
        find_token(WebConfig(host=host), {})


def test_the_token_comes_from_a_file_or_a_credential(tmp_path: Path) -> None:
    """The file that is named, else the credential of the service."""
    assert find_token(WebConfig(token_file=token_file(tmp_path)), {}) == TOKEN
    (tmp_path / CREDENTIAL).write_text(TOKEN[::-1])
    assert find_token(WebConfig(host="::"), {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == TOKEN[::-1]


@pytest.mark.parametrize(
    ("content", "words"), [(None, "cannot be read"), ("", "no password"), ("short", "at least 16 characters")]
)
def test_a_token_that_cannot_be_used(tmp_path: Path, content: str | None, words: str) -> None:
    """It is named by its key, and never told."""
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError, match=rf"web\.token_file: .*{words}") as refused:
        find_token(WebConfig(token_file=str(file)), {})
    assert content is None or not content or content not in str(refused.value)


def test_sessions_end() -> None:
    """After half a day the token is asked for again."""
    now = 100.0
    guard = Guard(TOKEN, lambda: now)
    session = guard.begin_session()
    assert guard.has_session(session)
    now += SESSION_S
    assert not guard.has_session(session)


def test_sessions_are_bounded() -> None:
    """The oldest ends when there are too many."""
    guard = Guard(TOKEN, lambda: 0.0)
    sessions = [guard.begin_session() for _ in range(MOST_SESSIONS + 1)]
    assert [guard.has_session(session) for session in (sessions[0], sessions[1], sessions[-1])] == [
        False,
        True,
        True,
    ]


def test_wrong_tokens_wait() -> None:
    """While a client waits, even the right token is not looked at."""
    guard = Guard(TOKEN, lambda: 0.0)
    for _ in range(4):
        with pytest.raises(ProblemError, match="the token is wrong"):
            guard.check_token("a", "wrong")
    with pytest.raises(ProblemError, match="try again in 1 s") as refused:
        guard.check_token("a", TOKEN)
    assert refused.value.headers == {"Retry-After": "1"}
    guard.check_token("b", TOKEN)


def test_a_thousand_wrong_tokens() -> None:
    """Each is refused, and hardly any is even compared."""
    now = 0.0
    guard = Guard(TOKEN, lambda: now)
    sentences = []
    for number in range(1000):
        now = number * 0.1
        with pytest.raises(ProblemError) as refused:
            guard.check_token("a", str(number))
        sentences.append(str(refused.value))
    assert sentences.count("the token is wrong") < 12


def test_wrong_tokens_over_http(locked: Served) -> None:
    """The right status each time; the health of the server can be asked meanwhile."""
    codes = [
        locked.client.get("/api/stats", headers={"Authorization": f"Bearer {number}"}).status_code
        for number in range(8)
    ]
    assert codes[:4] == [401] * 4
    assert 429 in codes
    assert locked.client.get("/api/health").json()["live"] is True
