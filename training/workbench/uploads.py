"""What was sent to be looked at: pictures in memory, videos in a file, both within bounds."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

from edge.errors import ConfigError
from edge.web.problems import ProblemError
from edge.web.uploads import Upload

UPLOADS = "uploads"
"""The folder of the workbench in which a zip is while it is taken apart."""
MOST_PICTURE_BYTES = 64 << 20
MOST_VIDEO_BYTES = 1 << 30
MOST_WAITING = 64
"""Pictures that wait to be looked at; the oldest is forgotten when there are more."""
MOST_WAITING_BYTES = 512 << 20


class UploadShelf:
    """Pictures from the request that brought them to the page that shows them. For several threads."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, Upload] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, upload: Upload) -> str:
        """Keeps a picture; returns the name under which it can be taken, once."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._waiting[name] = upload
            while len(self._waiting) > MOST_WAITING or self._bytes() > MOST_WAITING_BYTES:
                self._waiting.popitem(last=False)
        return name

    def take(self, name: str) -> Upload:
        """Gives a picture away.

        Raises:
            ConfigError: There is none of that name.
        """
        with self._lock:
            if name not in self._waiting:
                raise ConfigError("the picture has waited too long, or was looked at before; send it again")
            return self._waiting.pop(name)

    def _bytes(self) -> int:
        return sum(len(one.data) for one in self._waiting.values())


async def read_picture(chunks: AsyncIterator[bytes], name: str) -> Upload:
    """A picture from the body of a request.

    Raises:
        ProblemError: There is none, or it is larger than any picture that is taken.
    """
    data = b"".join([chunk async for chunk in _bounded(chunks, name, MOST_PICTURE_BYTES)])
    if not data:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"{name} is empty; send a picture")
    return Upload(name, data)


async def write_file(chunks: AsyncIterator[bytes], name: str, file: Path, most: int) -> None:
    """Writes the body of a request into a file, whose folder is made where it is missing.

    Raises:
        ProblemError: It has more than so many bytes, or cannot be written; nothing is left of it.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as output:
            async for chunk in _bounded(chunks, name, most):
                output.write(chunk)
    except OSError as error:
        with suppress(OSError):
            file.unlink(missing_ok=True)
        raise ProblemError(
            HTTPStatus.INSUFFICIENT_STORAGE, f"{name} cannot be kept: {error.strerror}; make room on the disk"
        ) from None
    except BaseException:
        file.unlink(missing_ok=True)
        raise


async def _bounded(chunks: AsyncIterator[bytes], name: str, most: int) -> AsyncIterator[bytes]:
    """The chunks of a body; raises when there are more bytes than that."""
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        if received > most:
            raise ProblemError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"{name} has more than {most >> 20} MiB; send a smaller one",
            )
        yield chunk
