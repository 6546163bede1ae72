"""File names that are not UTF-8, as old cameras write them, and libraries that take only text.

Python keeps the bytes of such a name as surrogates. Native libraries crash on these, and JSON and
terminals do not take them. What is opened goes through `native_path`, what is shown through `printable`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ESCAPED = "maskgate.escaped"
"""Error handler of text streams: what an encoding does not know is written as an escape."""

_FIRST_BYTE = 0xDC00
_BYTES = re.compile("[\udc80-\udcff]")
# The last ones turn the direction of a line around, or begin another.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\udc80-\udcff\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@contextmanager
def native_path(file: Path) -> Iterator[str]:
    """A path as native libraries take it: the file's own, or, where that is not UTF-8, that of a link to it.

    The path is absolute, since FFmpeg takes what stands before a colon for a protocol. The link ends as
    the file's name does, since libraries go by that, and lives as long as the block.
    """
    path = file.absolute()
    if is_utf8(path):
        yield str(path)
        return
    with TemporaryDirectory(prefix="maskgate-") as folder:
        link = Path(folder, f"link{path.suffix if is_utf8(path.suffix) else ''}")
        link.symlink_to(path)
        yield str(link)


def is_utf8(name: object) -> bool:
    """Whether a name can be written as UTF-8."""
    return _BYTES.search(str(name)) is None


def in_utf8(text: str) -> str:
    """A text with every byte that is not UTF-8 as an escape such as `\\xe9`."""
    return _BYTES.sub(_escape, text)


def printable(name: object) -> str:
    """A name in one line, with escapes also for what moves a terminal's cursor."""
    return _UNPRINTABLE.sub(_escape, str(name))


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code > _FIRST_BYTE:
        code -= _FIRST_BYTE
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    unknown = in_utf8(error.object[error.start : error.end])
    return unknown.encode(error.encoding, "backslashreplace").decode(error.encoding), error.end


codecs.register_error(ESCAPED, _escaped)
