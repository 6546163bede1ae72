"""The report and the model card."""

from __future__ import annotations

import re

from training.evaluation.evaluate import NO_THRESHOLDS
from training.evaluation.predictions import Predictions
from training.evaluation.report import report
from training.evaluation.results import evaluate


def page(found: Predictions, extras: report.Extras | None = None) -> report.ReportPage:
    return report.page(found, evaluate(found), extras or report.Extras(), "A <b>title</b>")


def test_the_page_needs_nothing_from_elsewhere(judged: Predictions) -> None:
    """No address, script or style sheet outside the page; every picture is a data URI."""
    text = report.html(page(judged))
    assert not re.search(r"(src|href)=\"(?!data:)", text)
    assert "<script" not in text
    assert "@import" not in text
    assert text.count('src="data:image/svg+xml;base64,') >= 3


def test_the_page_escapes_what_it_is_given(judged: Predictions) -> None:
    """A title is text, whatever it looks like."""
    assert "<h1>A &lt;b&gt;title&lt;/b&gt;</h1>" in report.html(page(judged))


def test_page_and_card_tell_the_same(judged: Predictions) -> None:
    """Both name the headline figure, and it is that of the model for the device."""
    found = evaluate(judged).row("frames, 20 px and more", "int8")
    assert found is not None
    value = f"{found.plain.macro_f1.value:.3f}"
    one = page(judged)
    assert one.headline == found
    assert f"<b>{value}</b>" in report.html(one)
    assert value in report.card(one)


def test_without_threshold_none_is_told(judged: Predictions) -> None:
    """Faces for which no threshold could be chosen elsewhere are not told at one."""
    text = report.html(page(judged.with_thresholds([NO_THRESHOLDS] * 2)))
    assert "No thresholds are shown" in text
