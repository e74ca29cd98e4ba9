"""One order in the console: what it shows, and deciding it once."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erp_bridge.outbox.models import OutboxMessage
from fulfilment.ordering.models import DealerOrder, OrderStep
from fulfilment.ordering.progress import acknowledge
from fulfilment.ordering.review import approve, cancel, reject
from fulfilment.shipping.record import ShipmentData, ShippedLine, confirm_receipt, record_shipment
from fulfilment.stock.take import available
from pricing.selling.models import FreightRule
from pricing.terms.models import PriceList
from tests import factories
from tests.dealers.ledger_samples import invoice
from tests.erp_bridge.orders import placed
from tests.factories import World
from tests.portal.console_samples import text

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def url(order: DealerOrder, verb: str = "") -> str:
    return f"/console/orders/{order.number}/{verb and verb + '/'}"


def post(client: Any, order: DealerOrder, verb: str, **data: str) -> Any:
    return client.post(url(order, verb), {f"{verb}-{name}": value for name, value in data.items()}, follow=True)


def said(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_the_page_shows_lines_totals_credit_and_ship_to(world: World, as_user: Any) -> None:
    order = placed(world, note="Ring the bell", requested_date=NOON.date())
    invoice("I1", world.alpine, "400.00", order_numbers=[order.number])
    page = text(as_user(world.rita), url(order))
    for expected in (
        "Order " + order.number,
        "Alpine Kitchens",
        "PO-1",
        "Ring the bell",
        "1 Market Street",
        "PAN-24",
        "Frying pan 24 cm",
        "18.50",
        "WHOLESALE",
        "460.40",
        "59.85",
        "520.25",
        "2 Nov 2026",
        "I1",
        "Overdue: 400.00 EUR",
        "Approve, 520.25 EUR, uses 9 % of credit",
    ):
        assert expected in page, expected


def test_names_are_in_the_reader_s_language(world: World, as_user: Any) -> None:
    order = placed(world)
    client = as_user(world.rita)
    client.cookies["django_language"] = "zh-hans"
    page = text(client, url(order))
    assert "平底锅24厘米" in page
    assert "Frying pan" not in page


def test_a_stranger_s_order_does_not_exist(world: World, as_user: Any) -> None:
    order = placed(world)
    for user, status in ((world.sam, 404), (world.alice, 403), (world.fay, 200), (world.ada, 200)):
        assert as_user(user).get(url(order)).status_code == status
    for verb in ("approve", "reject", "cancel"):
        data = {f"{verb}-reason": "x", f"{verb}-note": "x"}
        assert as_user(world.sam).post(url(order, verb), data).status_code == 404
        assert as_user(world.fay).post(url(order, verb), data).status_code == 403
        assert as_user(world.alice).post(url(order, verb), data).status_code == 403
        assert as_user(world.rita).get(url(order, verb)).status_code == 405
    order.refresh_from_db()
    assert order.state == "review"


@pytest.mark.parametrize("number", ["nothing", "0", "%00", "..%2f"])
def test_an_unknown_number_is_not_found(world: World, as_user: Any, number: str) -> None:
    assert as_user(world.ada).get(f"/console/orders/{number}/").status_code == 404


def test_finance_reads_but_has_no_buttons(world: World, as_user: Any) -> None:
    order = placed(world)
    assert "Approve, 520.25" not in text(as_user(world.fay), url(order))


def test_approving_moves_the_order_and_says_so(world: World, as_user: Any) -> None:
    order = placed(world)
    response = post(as_user(world.rita), order, "approve")
    order.refresh_from_db()
    assert order.state == "shipment"
    assert said(response) == [f"Order {order.number} is approved and goes to the ERP."]
    assert OutboxMessage.objects.filter(order_number=order.number).count() == 1


def test_the_second_click_says_who_was_first(world: World, as_user: Any) -> None:
    order = placed(world)
    post(as_user(world.rita), order, "approve")
    step = OrderStep.objects.get(order=order, to_state="shipment")
    response = post(as_user(world.ada), order, "approve")
    assert len(said(response)) == 1
    assert said(response)[0].startswith(f"Order {order.number} was approved by Rita Test on ")
    assert list(OrderStep.objects.filter(order=order, to_state="shipment")) == [step]
    assert OutboxMessage.objects.filter(order_number=order.number).count() == 1


def test_approving_what_was_rejected_says_so_even_over_the_limit(world: World, as_user: Any) -> None:
    world.alpine.credit_limit = Decimal("1.00")
    world.alpine.save()
    order = placed(world)
    reject(order.pk, by=world.ada, reason="Wrong model")
    response = post(as_user(world.rita), order, "approve")
    assert said(response)[0].startswith(f"Order {order.number} was rejected by Ada Test on ")


def test_rejecting_what_was_approved_says_so(world: World, as_user: Any) -> None:
    order = placed(world)
    approve(order.pk, by=world.ada)
    response = post(as_user(world.rita), order, "reject", reason="late")
    assert said(response)[0].startswith(f"Order {order.number} was approved by Ada Test on ")
    order.refresh_from_db()
    assert order.state == "shipment"


def test_a_decision_between_reading_and_writing_is_told(world: World, as_user: Any, monkeypatch: Any) -> None:
    order = placed(world)

    def beaten(order_id: int, **fields: Any) -> DealerOrder:
        cancel(order_id, by=world.alice, reason="Changed my mind")
        return approve(order_id, **fields)

    monkeypatch.setattr("portal.console.order_decisions.approve", beaten)
    response = post(as_user(world.rita), order, "approve")
    assert said(response)[0].startswith(f"Order {order.number} was cancelled by Alice Test on ")


def test_over_the_limit_the_reason_is_asked_for_at_the_field(world: World, as_user: Any) -> None:
    world.alpine.credit_limit = Decimal("500.00")
    world.alpine.save()
    order = placed(world)
    client = as_user(world.rita)
    assert "Why it is approved over the credit limit (required)" in text(client, url(order))
    response = post(client, order, "approve", note="  ")
    assert response.status_code == 422
    assert response.context["decisions"].approve.errors["note"]
    assert 'href="#id_approve-note"' in response.content.decode()
    response = post(client, order, "approve", note="Paid on Friday")
    assert response.status_code == 200
    assert OrderStep.objects.get(order=order, to_state="shipment").note == "Paid on Friday"


def test_rejecting_needs_a_reason_and_frees_the_stock(world: World, as_user: Any) -> None:
    order = placed(world)
    client = as_user(world.rita)
    response = post(client, order, "reject", reason=" ")
    assert response.status_code == 422
    assert "Give a reason" in response.content.decode()
    assert "<details open>" in response.content.decode()
    response = post(client, order, "reject", reason="Wrong model")
    assert available([world.pan.pk]) == {world.pan.pk: 100}
    assert "Wrong model" in response.content.decode()
    response = post(client, order, "reject", reason="Wrong model")
    assert OrderStep.objects.filter(order=order, to_state="rejected").count() == 1


def test_only_an_order_that_the_erp_refused_can_be_cancelled(world: World, as_user: Any) -> None:
    order = approve(placed(world).pk, by=world.rita)
    client = as_user(world.rita)
    assert "Cancel the order" not in text(client, url(order))
    response = post(client, order, "cancel", reason="Because")
    order.refresh_from_db()
    assert order.state == "shipment"
    acknowledge(order.number, accepted=False, note="Customer <b>blocked</b>")
    page = text(client, url(order))
    assert "Customer &lt;b&gt;blocked&lt;/b&gt;" in page
    response = post(client, order, "cancel", reason="Refused by the ERP")
    order.refresh_from_db()
    assert order.state == "cancelled"
    assert "is cancelled" in said(response)[0]
    assert available([world.pan.pk]) == {world.pan.pk: 100}


def test_a_prepaid_order_says_so_on_the_button(world: World, as_user: Any) -> None:
    order = placed(world, {world.pan: 1}, by=world.bob)
    assert "Approve, 22.60 EUR, paid before shipment" in text(as_user(world.sam), url(order))


def test_the_timeline_follows_the_order_to_its_receipt(world: World, as_user: Any) -> None:
    client = as_user(world.rita)
    order = placed(world)

    def steps() -> list[str]:
        return [step.state for step in client.get(url(order)).context["timeline"]]

    assert steps() == ["current", "todo", "todo", "todo"]
    approve(order.pk, by=world.rita)
    assert steps() == ["done", "done", "current", "todo"]
    lines = [ShippedLine(1, 10), ShippedLine(2, 6)]
    parcel = record_shipment(ShipmentData("S1", order.number, NOON, lines, "DHL", "TRACK-1"))
    assert steps() == ["done", "done", "done", "current"]
    page = text(client, url(order))
    assert "TRACK-1" in page
    confirm_receipt(parcel.pk, by=world.alice, note="One box dented")
    assert steps() == ["done", "done", "done", "done"]
    assert "One box dented" in text(client, url(order))


def test_a_stopped_order_s_timeline_says_where(world: World, as_user: Any) -> None:
    order = reject(placed(world).pk, by=world.rita, reason="no")
    timeline = as_user(world.rita).get(url(order)).context["timeline"]
    assert [step.state for step in timeline] == ["failed", "todo", "todo", "todo"]
    assert (timeline[0].note, timeline[0].who) == ("Rejected", "Rita Test")


def test_words_from_dealers_are_never_markup(world: World, as_user: Any) -> None:
    evil = "<script>alert(1)</script>"
    world.alpine.name = evil
    world.alpine.save()
    order = placed(world, note=evil, po_number=evil)
    reject(order.pk, by=world.rita, reason=evil)
    client = as_user(world.ada)
    for page in (
        url(order),
        "/console/orders/",
        "/console/",
        "/console/dealers/",
        f"/console/dealers/{world.alpine.number}/",
    ):
        assert evil not in text(client, page)


@pytest.mark.parametrize("user", ["rita", "fay"])
def test_queries_do_not_grow_with_the_lines(world: World, as_user: Any, user: str) -> None:
    client, counts = as_user(getattr(world, user)), []
    wholesale = PriceList.objects.get(code="WHOLESALE")
    for count in (10, 200):
        products = [factories.make_product(f"S{count}-{number}", f"Thing {number}") for number in range(count)]
        for product in products:
            factories.set_price(wholesale, product, "1.00")
        order = placed(world, dict.fromkeys(products, 1), po_number=f"P{count}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url(order)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 22


def test_freight_delivery_and_what_goes_against_it_are_shown(world: World, as_user: Any) -> None:
    FreightRule.objects.create(currency="EUR", charge="25.00")
    order = placed(world, delivery_mode="complete")
    rita = as_user(world.rita)
    page = text(rita, url(order))
    for expected in ("Send everything together", "25.00", "63.10", "548.50"):
        assert expected in page, expected
    assert "only a part was shipped" not in page
    approve(order.pk, by=world.rita)
    record_shipment(ShipmentData("S1", order.number, NOON, [ShippedLine(1, 4)]))
    assert "only a part was shipped" in text(rita, url(order))
