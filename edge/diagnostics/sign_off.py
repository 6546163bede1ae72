"""The report of a commissioning, to be signed: findings, and no picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from importlib.metadata import version
from pathlib import Path
from string import Template

from edge.diagnostics.finding import Finding, Level

_PAGE = Template((Path(__file__).parent / "sign_off.html").read_text(encoding="utf-8"))


def sign_off_page(device: str, when: datetime, sections: Mapping[str, Sequence[Finding]]) -> str:
    """A page of HTML that needs nothing else.

    Args:
        device: The names of site and device.
        when: When it was commissioned, with its time zone.
        sections: Headings, and what was found.
    """
    findings = [finding for found in sections.values() for finding in found]
    faults, warnings = (sum(one.level is level for one in findings) for level in (Level.FAULT, Level.WARNING))
    state = Level.FAULT if faults else Level.WARNING if warnings else Level.OK
    return _PAGE.substitute(
        device=escape(device),
        when=when.strftime("%Y-%m-%d %H:%M %Z"),
        version=version("maskgate"),
        state=state,
        sum=f"faults: {faults}, warnings: {warnings}",
        sections="\n".join(_section(title, found) for title, found in sections.items()),
    )


def _section(title: str, found: Sequence[Finding]) -> str:
    rows = "\n".join(map(_row, found))
    return f"<h2>{escape(title)}</h2>\n<table>\n{rows}\n</table>"


def _row(finding: Finding) -> str:
    fix = f'<br><span class="fix">to do: {escape(finding.fix)}</span>' if finding.fix else ""
    return (
        f'<tr><td class="{finding.level}">{finding.level}</td><td>{escape(finding.check)}</td>'
        f"<td>{escape(finding.text)}{fix}</td></tr>"
    )
