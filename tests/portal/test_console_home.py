"""The start pages of the supplier's people: real figures, each within what the person may see."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dealers.accounts.models import Dealer, SalesRep
from erp_bridge.outbox.models import OutboxMessage
from fulfilment.ordering.progress import acknowledge
from fulfilment.ordering.review import approve, reject
from portal.imports.models import ImportJob
from tests.dealers.ledger_samples import invoice, payment
from tests.erp_bridge.orders import placed
from tests.factories import World
from tests.portal.console_samples import many_dealers, text

HOME = "/console/"


def test_a_rep_s_home_holds_what_waits_their_dealers_and_what_went_wrong(world: World, as_user: Any) -> None:
    waiting = placed(world)
    placed(world, {world.pan: 1}, by=world.bob)
    rejected = reject(placed(world, po_number="P2").pk, by=world.ada, reason="Wrong model")
    refused = approve(placed(world, po_number="P3").pk, by=world.ada)
    acknowledge(refused.number, accepted=False, note="Unknown customer")
    invoice("I1", world.alpine, "300.00")
    response = as_user(world.rita).get(HOME)
    page = response.content.decode()
    assert [figure["value"] for figure in response.context["figures"]] == [1, "less than a day", "520.25"]
    assert [row["dealer"].number for row in response.context["dealers"]] == ["D-ALPINE"]
    assert response.context["dealers"][0]["overdue"] == Decimal("300.00")
    assert [row["number"] for row in response.context["troubles"]] == [refused.number, rejected.number]
    assert waiting.number in page
    assert "Bergen" not in page


def test_finance_sees_exposure_by_currency_and_the_documents_of_the_week(world: World, as_user: Any) -> None:
    Dealer.objects.filter(pk=world.bergen.pk).update(currency="USD")
    world.bergen.refresh_from_db()
    approve(placed(world).pk, by=world.rita)
    invoice("I1", world.alpine, "300.00")
    invoice("I2", world.bergen, "70.00", timezone.localdate())
    payment("P1", world.bergen, "20.00", timezone.localdate())
    context = as_user(world.fay).get(HOME).context
    sums = dict(context["currencies"])
    assert (sums["EUR"]["exposure"], sums["EUR"]["overdue"]) == (Decimal("820.25"), Decimal("300.00"))
    assert (sums["USD"]["exposure"], sums["USD"]["overdue"]) == (Decimal("50.00"), Decimal("0.00"))
    week = {(row["kind"], row["currency"]): (row["documents"], row["worth"]) for row in context["documents"]}
    assert week == {("invoice", "USD"): (1, Decimal("70.00")), ("payment", "USD"): (1, Decimal("20.00"))}
    assert [row["dealer"].number for row in context["late"]] == ["D-ALPINE"]


def test_the_administrator_sees_the_bridge_and_the_imports(world: World, as_user: Any) -> None:
    placed(world, {world.pan: 1}, by=world.bob)
    approve(placed(world).pk, by=world.rita)
    parked = approve(placed(world, po_number="P2").pk, by=world.rita)
    OutboxMessage.objects.filter(order_number=parked.number).update(state="parked")
    ImportJob.objects.create(kind="products", file_name="range.csv", started_by=world.ada, refused=3)
    response = as_user(world.ada).get(HOME)
    assert [figure["value"] for figure in response.context["bridge"]] == [1, 0, 1, 0, 0]
    assert [figure["url"] for figure in response.context["bridge"]][2::2] == [
        "/console/messages/?state=parked",
        "/console/messages/inbound/?state=set_aside",
    ]
    assert [(row["dealer__sales_rep__name"], row["orders"]) for row in response.context["by_rep"]] == [("Sam Test", 1)]
    page = response.content.decode()
    assert "range.csv" in page
    assert "3 rows refused" in page


@pytest.mark.parametrize("who", ["rita", "fay", "ada"])
def test_an_empty_company_has_pages_that_teach(world: World, as_user: Any, who: str) -> None:
    Dealer.objects.filter(pk=world.bergen.pk).update(sales_rep=None)
    assert "Hello" in text(as_user(getattr(world, who)), HOME)


@pytest.mark.parametrize(("who", "limit"), [("rita", 14), ("fay", 13), ("ada", 15)])
def test_queries_do_not_grow_with_the_dealers(world: World, as_user: Any, who: str, limit: int) -> None:
    client, counts = as_user(getattr(world, who)), []
    client.get(HOME)
    for more in (10, 200):
        Dealer.objects.filter(number__startswith="N").delete()
        many_dealers(SalesRep.objects.get(code="RITA"), more)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(HOME).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= limit
