"""The application: guard, API and pages put together."""

from __future__ import annotations

import pytest

from tests.support.web import Served

pytestmark = pytest.mark.slow


def test_nothing_comes_from_elsewhere(bench: Served) -> None:
    """Each answer forbids it, that of a page, of its library's files, and of what is not there."""
    page = bench.client.get("/")
    assert page.status_code == 200
    for path in ("/", "/workbench/style.css", "/api/health", "/nothing"):
        headers = bench.client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "connect-src 'self'" in policy
        assert "http" not in policy
        # With less a browser sends the login's form as from nowhere, which the guard refuses.
        assert headers["referrer-policy"] == "same-origin"
        assert headers["permissions-policy"].startswith("camera=(self)")
        assert "server" not in headers
        assert "access-control-allow-origin" not in headers


def test_another_name_is_refused(bench: Served) -> None:
    """A page elsewhere that resolves its own name to this address gets nothing."""
    assert bench.client.get("/", headers={"Host": "elsewhere.example"}).status_code == 421


def test_the_description_has_no_pages(bench: Served) -> None:
    """It describes the API alone."""
    paths = bench.client.get("/api/openapi.json").json()["paths"]
    assert {"/api/health", "/api/pictures", "/api/videos"} <= paths.keys()
    assert all(path.startswith("/api/") for path in paths)
