"""Pictures out of a request: read into memory up to a limit, never into a file."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from edge.web.problems import ProblemError

MOST_NAME = 100
"""Characters of an upload's name that are repeated in an answer."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form: what its client calls it, without control characters, and its bytes."""

    name: str
    data: bytes


class _MemoryParser(MultiPartParser):
    """Starlette's parser, without its temporary files: no picture is ever written."""

    # What an upload may hold at most is limited before, so this is never reached.
    spool_max_size = 1 << 40


def field_schema(field: str, *, many: bool) -> dict[str, object]:
    """How OpenAPI describes a form with one file, or with several of one name."""
    file: dict[str, object] = {"type": "string", "format": "binary"}
    content = {"type": "array", "items": file, "minItems": 1} if many else file
    return {
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {"type": "object", "required": [field], "properties": {field: content}}
                }
            },
        }
    }


async def read_files(request: Request, field: str, most: int) -> list[Upload]:
    """The files of a form.

    Args:
        request: Its body is bounded already.
        field: The name of the form's field.
        most: How many files are taken.

    Raises:
        ProblemError: It is no form, has no such file, or too many.
    """
    form = await _form(request, most)
    try:
        files = [
            Upload(_printable_name(value), await value.read())
            for value in form.getlist(field)
            if isinstance(value, UploadFile)
        ]
    finally:
        await form.close()
    if not files:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"the form has no file named {field}; send a picture as {field}"
        )
    return files


async def _form(request: Request, most: int) -> FormData:
    content_type = request.headers.get("content-type", "")
    if not content_type.lower().startswith("multipart/form-data"):
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send the picture in a form, as multipart/form-data"
        )
    parser = _MemoryParser(request.headers, request.stream(), max_files=most, max_fields=most)
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"the form cannot be read: {error.message}"
        ) from None
    except (KeyError, UnicodeDecodeError):
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "the form cannot be read: its boundary is missing"
        ) from None


def _printable_name(file: UploadFile) -> str:
    """The name that a client gave a file, fit to be repeated."""
    name = "".join(letter for letter in file.filename or "" if letter.isprintable())
    return name[:MOST_NAME] or "the picture"
