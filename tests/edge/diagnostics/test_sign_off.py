"""The report of a commissioning."""

from __future__ import annotations

from datetime import UTC, datetime

from edge.diagnostics.finding import fault, ok, warning
from edge.diagnostics.sign_off import sign_off_page

WHEN = datetime(2025, 3, 1, 8, 15, tzinfo=UTC)


def test_it_has_every_finding_and_a_place_to_sign() -> None:
    """By section, with what is to be done, and what it comes to."""
    sections = {
        "Camera": [ok("light", "bright"), warning("distance", "far", "come closer")],
        "Broker": [fault("broker", "away", "start it")],
    }
    page = sign_off_page("hq/door", WHEN, sections)
    for part in ("hq/door", "2025-03-01 08:15 UTC", "Camera", "come closer", "start it", "Signature"):
        assert part in page
    assert 'class="sum fault">faults: 1, warnings: 1<' in page


def test_it_shows_texts_as_they_are_and_loads_nothing() -> None:
    """A name of a device or an answer of a broker is no HTML; there is neither picture nor link."""
    page = sign_off_page("a/<b>", WHEN, {"X & Y": [ok("<i>", "<script>")]})
    assert "a/&lt;b&gt;" in page
    assert "X &amp; Y" in page
    for part in ("<b>", "<i>", "<script", "<img", "src=", "href=", "http"):
        assert part not in page
