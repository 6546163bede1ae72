"""Pages from templates, in the language of who reads them."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

HERE = Path(__file__).parent
LANGUAGE_COOKIE = "maskgate-language"
_templates = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)


@cache
def languages() -> dict[str, dict[str, str]]:
    """The texts of each language by their keys; the first language is the one for everybody else."""
    files = sorted((HERE / "translations").glob("*.toml"), key=lambda file: (file.stem != "en", file.stem))
    return {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in files}


def language_of(request: Request) -> str:
    """The language of a page: the one chosen, else the first that the browser asks for and that there is."""
    known = languages()
    for asked in (request.query_params.get("lang", ""), request.cookies.get(LANGUAGE_COOKIE, "")):
        if asked in known:
            return asked
    for part in request.headers.get("accept-language", "").split(","):
        asked = part.split(";")[0].strip().lower().split("-")[0]
        if asked in known:
            return asked
    return next(iter(known))


def mount_files(app: FastAPI) -> None:
    """Serves style, scripts and icon."""
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")


def page(
    request: Request,
    template: str,
    values: dict[str, Any],
    status: int = HTTPStatus.OK,
    headers: dict[str, str] | None = None,
) -> Response:
    """A page of a template with its values, in the language that the request asks for."""
    language = language_of(request)
    texts = languages()[language]
    text = _templates.get_template(template).render(
        {
            "request": request,
            "t": texts,
            # A data block, which no browser runs: `<` would end it.
            "texts_json": Markup(json.dumps(texts, ensure_ascii=False).replace("<", "\\u003c")),  # noqa: S704
            "language": language,
            "language_names": {code: other["language_name"] for code, other in languages().items()},
            **values,
        }
    )
    answer = HTMLResponse(text, status, headers)
    if request.query_params.get("lang", "") in languages():
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=365 * 86_400, samesite="strict")
    return answer
