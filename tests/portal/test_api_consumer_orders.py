"""The API of consumer orders: who may, what is answered, and that a repeat is answered the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from fulfilment.consumer.keeping import revoke_token
from fulfilment.consumer.models import Channel, ChannelToken, ConsumerOrder, ConsumerOrderLine
from portal.api import access
from tests.factories import World
from tests.fulfilment.consumer_samples import make_channel, make_place
from tests.portal.api_samples import ORDER, ORDERS, Caller, order_body


@pytest.fixture
def channel(world: World) -> Channel:
    make_place()
    return make_channel()


@pytest.fixture
def caller(channel: Channel, world: World) -> Caller:
    return Caller(channel, world.ada)


def fields(response: Any) -> dict[str, str]:
    """The problems by field of a refusal."""
    assert response["Content-Type"] == "application/problem+json"
    said = response.json()
    assert said["status"] == response.status_code
    return {each["field"]: each["code"] for each in said["errors"]}


def test_an_order_is_taken_once_and_the_repeat_is_answered_the_same(caller: Caller) -> None:
    first = caller.post("", ORDER)
    again = caller.post("", order_body(total=64.7, freight=4.90))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json() | {"received_at": ""} == {
        "external_number": "W-1001", "version": 1, "state": "ready", "received_at": "",
    }  # fmt: skip
    order = ConsumerOrder.objects.get()
    assert (order.total, order.source, order.received_with) == (Decimal("64.70"), "api", caller.token)


def test_other_content_is_a_conflict_and_changes_nothing(caller: Caller) -> None:
    caller.post("", ORDER)
    other = caller.post("", order_body(freight="5.00", total="64.80"))
    assert other.status_code == 409
    assert fields(other) == {"external_number": "other_content"}
    assert ConsumerOrder.objects.get().freight == Decimal("4.90")


def test_the_repeat_of_an_order_that_was_changed_since_is_answered_the_same(caller: Caller) -> None:
    first = caller.post("", ORDER)
    changed = order_body(freight="0.00", total="59.80")
    assert caller.post("/W-1001/change", {"expected_version": 1, "order": changed}).status_code == 200
    assert caller.post("/W-1001/cancel", {"expected_version": 2}).status_code == 200
    again = caller.post("", ORDER)
    assert (again.status_code, again.json()) == (200, first.json())


def test_every_field_to_mend_is_named_by_its_path(caller: Caller) -> None:
    lines = [
        {"sku": "PAN-24", "quantity": 1, "gross": "10.00", "paid": "9.00"},
        {"sku": "NOPE", "quantity": 1, "gross": "5.00", "paid": "5.00"},
    ]
    refused = caller.post("", order_body(lines=lines, currency="USD", total="1.00", contact={}))
    assert refused.status_code == 422
    assert fields(refused) == {
        "currency": "currency",
        "lines[0].paid": "sum",
        "lines[1].sku": "unknown_sku",
        "total": "sum",
        "contact.name": "required",
        "contact.address_line1": "required",
    }
    assert ConsumerOrder.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lines": [ORDER["lines"][0] | {"gross": "-1.00"}]}, "lines[0].gross"),
        ({"lines": [ORDER["lines"][0] | {"quantity": "2"}]}, "lines[0].quantity"),
        ({"lines": [ORDER["lines"][0] | {"quantity": 0}]}, "lines[0].quantity"),
        ({"lines": [ORDER["lines"][0] | {"paid": "1.005"}]}, "lines[0].paid"),
        ({"lines": [ORDER["lines"][0] | {"discont": "1.00"}]}, "lines[0].discont"),
        ({"lines": ORDER["lines"] * 10_000}, "lines"),
        ({"lines": []}, "lines"),
        ({"currency": "euro"}, "currency"),
        ({"placed_at": "2026-05-04T10:30:00"}, "placed_at"),
        ({"placed_at": "0001-01-01T00:00:00+14:00"}, "placed_at"),
        ({"placed_at": "0001-01-01T00:00:00Z"}, "placed_at"),
        ({"external_number": "a\x00b"}, "external_number"),
        ({"external_number": "\ud800"}, "external_number"),
        ({"total": "1e400"}, "total"),
        ({"total": "NaN"}, "total"),
        ({"address": {"country": "Germany"}}, "address.country"),
        ({"address": {"country": "DE", "city": "B", "latitude": 200, "longitude": 0}}, "address.latitude"),
        ({"method": "drone"}, "method"),
        ({"promised_on": "2026-02-30"}, "promised_on"),
    ],
)
def test_bad_input_names_the_field_and_keeps_nothing(caller: Caller, change: dict[str, Any], field: str) -> None:
    refused = caller.post("", order_body(**change))
    assert refused.status_code == 422
    assert list(fields(refused)) == [field]
    assert ConsumerOrder.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"1",
        b'{"total": NaN}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'"\xed\xa0\x80"',
        b'{"a":1e999999}',
    ],
)
def test_what_is_no_order_is_refused(caller: Caller, body: bytes) -> None:
    assert caller.post("", body).status_code in (400, 415, 422)


def test_the_body_has_a_size_and_a_type(caller: Caller) -> None:
    large = caller.post("", b" " * (access.LARGEST_BODY + 1))
    assert (large.status_code, fields(large)) == (413, {})
    form = caller.post("", b"a=1", content_type="application/x-www-form-urlencoded")
    assert form.status_code == 415


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer nope", "Basic YTpi", "Bearer \x00", "Bearer é"])
def test_without_a_token_nothing_is_told(channel: Channel, header: str) -> None:
    answer = Client().post(ORDERS, b"{", content_type="application/json", HTTP_AUTHORIZATION=header)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert fields(answer) == {}


def test_a_revoked_token_ends_with_the_next_request(caller: Caller, world: World) -> None:
    assert caller.post("", ORDER).status_code == 201
    revoke_token(caller.token.pk, by=world.ada)
    assert caller.post("", ORDER).status_code == 401


def test_a_closed_channel_may_not(caller: Caller, channel: Channel) -> None:
    Channel.objects.update(is_active=False)
    assert caller.post("", ORDER).status_code == 403


def test_of_several_tokens_each_works_by_itself(caller: Caller, channel: Channel, world: World) -> None:
    other = Caller(channel, world.ada)
    revoke_token(caller.token.pk, by=world.ada)
    assert other.post("", ORDER).status_code == 201
    assert ChannelToken.objects.get(pk=other.token.pk).used_at is not None
    assert other.secret not in str(list(ChannelToken.objects.values()))


def test_too_many_requests_wait(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access.time, "time", lambda: 60_000_030.0)
    Channel.objects.update(requests_per_minute=2)
    statuses = [caller.get("/NOPE") for _ in range(3)]
    assert [each.status_code for each in statuses] == [404, 404, 429]
    assert statuses[2]["Retry-After"] == "30"


def test_another_channels_order_does_not_exist(caller: Caller, world: World) -> None:
    caller.post("", ORDER)
    stranger = Caller(make_channel("other"), world.ada)
    assert stranger.get("/W-1001").status_code == 404
    assert stranger.post("/W-1001/cancel", {"expected_version": 1}).status_code == 404
    assert stranger.post("/W-1001/change", {"expected_version": 1, "order": ORDER}).status_code == 404
    assert ConsumerOrder.objects.get().version == 1


def test_an_order_is_told_back_without_its_person(caller: Caller) -> None:
    caller.post("", ORDER)
    told = caller.get("/W-1001")
    assert told.json()["lines"][0] | {"external_id": ""} == {
        "position": 1, "external_id": "", "sku": "PAN-24", "quantity": 2, "gross": "59.80",
        "discount_supplier": "0.00", "discount_dealer": "0.00", "paid": "59.80",
    }  # fmt: skip
    assert told.json()["total"] == "64.70"
    assert "Erika" not in told.content.decode()


def test_a_batch_answers_for_each_order(caller: Caller) -> None:
    caller.post("", ORDER)
    orders = [
        ORDER,
        order_body(external_number="W-2"),
        order_body(external_number="W-3", total="1.00"),
        {"external_number": "W-4", "lines": "none"},
        order_body(external_number="W-1001", freight="0.00", total="59.80"),
    ]
    answers = caller.post("/batch", {"orders": orders}).json()["answers"]
    assert [(each["external_number"], each["status"]) for each in answers] == [
        ("W-1001", 200), ("W-2", 201), ("W-3", 422), ("W-4", 422), ("W-1001", 409),
    ]  # fmt: skip
    assert answers[2]["problem"]["errors"][0]["field"] == "total"
    assert "lines" in {each["field"] for each in answers[3]["problem"]["errors"]}
    assert ConsumerOrder.objects.count() == 2


def test_a_batch_has_a_limit(caller: Caller) -> None:
    refused = caller.post("/batch", {"orders": [ORDER] * 101})
    assert refused.status_code == 422
    assert list(fields(refused)) == ["orders"]


def test_a_change_replaces_the_order_and_its_repeat_is_answered_the_same(caller: Caller) -> None:
    caller.post("", ORDER)
    lines = [{"sku": "KNIFE-8", "quantity": 1, "gross": "35.00", "paid": "35.00"}]
    wish = {"expected_version": 1, "order": order_body(lines=lines, total="39.90")}
    first, again = caller.post("/W-1001/change", wish), caller.post("/W-1001/change", wish)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json() == {
        "external_number": "W-1001", "version": 2, "state": "ready", "total": "39.90",
    }  # fmt: skip
    assert [line.sku for line in ConsumerOrderLine.objects.all()] == ["KNIFE-8"]
    assert ConsumerOrder.objects.get().version == 2


def test_a_repeated_change_is_answered_though_its_product_is_gone(caller: Caller, world: World) -> None:
    caller.post("", ORDER)
    wish = {"expected_version": 1, "order": order_body(freight="0.00", total="59.80")}
    first = caller.post("/W-1001/change", wish)
    type(world.pan).objects.filter(pk=world.pan.pk).update(upc="RENAMED")
    assert caller.post("/W-1001/change", wish).json() == first.json()


@pytest.mark.parametrize("count", [1, 200])
def test_the_lines_of_a_change_cost_no_further_statements(
    caller: Caller, count: int, django_assert_num_queries: Any
) -> None:
    caller.post("", ORDER)
    lines = [{"sku": "PAN-24", "quantity": 1, "gross": "1.00", "paid": "1.00"}] * count
    wish = {"expected_version": 1, "order": order_body(lines=lines, freight="0.00", total=f"{count}.00")}
    with django_assert_num_queries(26):
        assert caller.post("/W-1001/change", wish).status_code == 200


def test_a_change_of_another_version_is_refused(caller: Caller) -> None:
    caller.post("", ORDER)
    for version in (2, 7):
        wish = {"expected_version": version, "order": order_body(freight="0.00", total="59.80")}
        assert fields(caller.post("/W-1001/change", wish)) == {"expected_version": "version"}
    assert ConsumerOrder.objects.get().total == Decimal("64.70")


def test_two_different_changes_of_one_version_are_a_conflict(caller: Caller) -> None:
    caller.post("", ORDER)
    caller.post("/W-1001/change", {"expected_version": 1, "order": order_body(freight="0.00", total="59.80")})
    other = caller.post("/W-1001/change", {"expected_version": 1, "order": order_body(freight="1.00", total="60.80")})
    assert (other.status_code, fields(other)) == (409, {"expected_version": "version"})


def test_a_bad_change_changes_nothing(caller: Caller) -> None:
    caller.post("", ORDER)
    bad = caller.post("/W-1001/change", {"expected_version": 1, "order": order_body(total="1.00")})
    assert (bad.status_code, fields(bad)) == (422, {"total": "sum"})
    moved = caller.post("/W-1001/change", {"expected_version": 1, "order": order_body(external_number="W-2")})
    assert (moved.status_code, fields(moved)) == (409, {"order.external_number": "other_number"})
    assert ConsumerOrder.objects.get().version == 1


def test_a_cancelled_order_stays_so(caller: Caller) -> None:
    caller.post("", ORDER)
    first = caller.post("/W-1001/cancel", {"expected_version": 1, "reason": "changed my mind"})
    again = caller.post("/W-1001/cancel", {"expected_version": 1, "reason": "changed my mind"})
    assert (first.status_code, first.json()) == (200, again.json())
    assert first.json()["state"] == "cancelled"
    late = caller.post("/W-1001/change", {"expected_version": 2, "order": ORDER})
    assert (late.status_code, fields(late)) == (409, {"state": "too_late"})


@pytest.mark.parametrize("count", [1, 200])
def test_lines_cost_no_further_statements(caller: Caller, count: int, django_assert_num_queries: Any) -> None:
    caller.get("/W-1")
    lines = [{"sku": "PAN-24", "quantity": 1, "gross": "1.00", "paid": "1.00"}] * count
    body = order_body(lines=lines, freight="0.00", total=f"{count}.00")
    with django_assert_num_queries(13):
        assert caller.post("", body).status_code == 201


def test_the_document_is_served_and_what_is_not_there_is_told_as_json(db: None) -> None:
    served = Client().get("/api/v1/openapi.json")
    document = served.json()
    assert set(document["paths"]) == {
        "/api/v1/consumer-orders",
        "/api/v1/consumer-orders/batch",
        "/api/v1/consumer-orders/{number}",
        "/api/v1/consumer-orders/{number}/change",
        "/api/v1/consumer-orders/{number}/cancel",
        "/api/v1/consumer-orders/{number}/fulfilment",
        "/api/v1/consumer-orders/{number}/pickup-code",
        "/api/v1/consumer-orders/{number}/receipt",
        "/api/v1/consumer-orders/{number}/returns",
        "/api/v1/outlet-stock",
    }
    assert "OrderIn" in document["components"]["schemas"]
    nothing = Client().get("/api/v1/nothing")
    assert (nothing.status_code, fields(nothing)) == (404, {})
