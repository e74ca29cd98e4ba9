"""Schemathesis reads our OpenAPI document and sends what fits it and what does not: never a fault of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode

from fulfilment.consumer.keeping import issue_token
from fulfilment.consumer.models import ConsumerOrder
from portal.api.urls import api
from tests.factories import World
from tests.fulfilment.consumer_samples import make_channel, make_place, taken

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """A request does not close the connection that holds the test's transaction; Django's own client does the same."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def token(world: World) -> str:
    make_place()
    channel = make_channel(requests_per_minute=6000)
    taken(channel)
    return issue_token(channel, "schemathesis", by=world.ada)[1]


def operations() -> dict[str, Any]:
    """Every operation of the document, by its method and path."""
    schema = schemathesis.openapi.from_dict(api.get_openapi_schema(path_prefix="/api/v1/"))
    schema.app = get_wsgi_application()
    found = [result.ok() for result in schema.get_all_operations()]
    return {f"{each.method.upper()} {each.path}": each for each in found}


@pytest.mark.parametrize("name", sorted(operations()))
def test_no_request_breaks_the_api(name: str, token: str) -> None:
    operation = operations()[name]

    @seed(1)
    @settings(
        max_examples=60,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    )
    def send(case: Any) -> None:
        response = case.call(headers={"Authorization": f"Bearer {token}"})
        assert response.status_code < 500, (case.as_curl_command()[:500], response.text[:500])
        if response.status_code >= 400 and response.status_code != 405:
            assert response.headers["content-type"][0] == "application/problem+json"

    send()
    for order in ConsumerOrder.objects.all():
        assert order.goods_total == sum(line.paid for line in order.lines.all()), "nothing is kept half"
