"""The API against its own description: whatever is sent, the answer is one that it names."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.openapi.loaders import from_url
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import positive_data_acceptance

from edge.spool import Spool
from edge.types import Lamp, State
from tests.support.mosquitto import wait_until
from tests.support.web import Served

EXAMPLES = 12


def test_every_answer_is_described(beside_device: Served, spool: Spool) -> None:
    """Status, type and content are as the description says, and nothing ends in an error of the server."""
    # A device that is not ready answers 503, which is taken for an error of the server.
    spool.set_state(State(Lamp.OFF, False, "", "1.2.3", 5.0))
    wait_until(lambda: beside_device.client.get("/api/health/ready").status_code == 200, 60)
    # A stream never ends, so that there is no answer to hold against anything.
    schema = from_url(f"{beside_device.url}/api/openapi.json").exclude(path="/api/events/stream")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == 22
    for operation in operations:
        hold_to_description(operation)


def hold_to_description(operation: APIOperation) -> None:
    @given(case=operation.as_strategy())
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
    def holds(case: Case) -> None:
        # Which bytes are a picture, no schema can say.
        excluded = [positive_data_acceptance] if operation.method == "post" else []
        case.call_and_validate(timeout=60, excluded_checks=excluded)

    holds()
