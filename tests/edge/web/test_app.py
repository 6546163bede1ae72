"""The application as it describes itself."""

from __future__ import annotations

from tests.support.web import Served


def test_the_description_names_every_refusal(server: Served) -> None:
    """Each route of the API says which problems it may answer with, as one schema."""
    document = server.client.get("/api/openapi.json").json()
    assert "detail" in document["components"]["schemas"]["ProblemDetails"]["properties"]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            problems = [
                name for name, answer in operation["responses"].items() if "ProblemDetails" in str(answer)
            ]
            assert {"401", "421", "429"} <= set(problems), path
    assert "HTTPValidationError" not in str(document)
