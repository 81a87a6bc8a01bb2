"""The description of the API against a fuzzer: whatever it makes up, no address fails, and each keeps its word."""

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.app import App
from bot.web.access import Role
from bot.web.middleware import Limits
from bot.web.rate_limit import RateLimit, RateLimiter
from tests.bot.web.rig import Web, journal_in, web_desk, web_of

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
WITHOUT_END = RateLimit(10**9, 10**6)


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_nothing_that_the_fuzzer_sends_is_answered_by_a_failure(
    app: App, tmp_path: Path, mode: schemathesis.GenerationMode
) -> None:
    limits = Limits(tokens=RateLimiter(WITHOUT_END))
    with journal_in(tmp_path) as journal:
        tried = fuzz(web_of(web_desk(app, tmp_path, journal=journal), limits=limits), mode)

    assert tried > 300


def fuzz(web: Web, mode: schemathesis.GenerationMode) -> int:
    """Try every operation; how many requests were sent."""
    headers = {"Authorization": f"Bearer {web.secrets[Role.ADMIN]}"}
    schema = schemathesis.openapi.from_dict(web.application.openapi())
    schema.app = web.application
    tried = 0

    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        takes_anything = operation.definition.raw.keys() & {"parameters", "requestBody"}
        if mode is schemathesis.GenerationMode.NEGATIVE and not takes_anything:
            continue  # there is nothing to get wrong

        @settings(max_examples=60, deadline=None, database=None, phases=[Phase.generate], derandomize=True,
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def attempt(case: schemathesis.Case[Any]) -> None:
            nonlocal tried
            tried += 1
            case.call_and_validate(headers=headers, checks=CHECKS)

        attempt()
    return tried
