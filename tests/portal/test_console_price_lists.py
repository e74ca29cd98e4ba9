"""Making and changing price lists on screen, giving them to dealers and groups, and arranging a dealer's own."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dealers.accounts.models import DealerGroup
from pricing.quote import quote, supplier_day
from pricing.terms.assign import give_list
from pricing.terms.listlog import PriceListChange
from pricing.terms.models import DealerPriceList, PriceList
from tests import factories
from tests.factories import World
from tests.portal.console_samples import many_dealers

LISTS = "/console/prices/"
NEW = f"{LISTS}new/"
EDIT = f"{LISTS}WHOLESALE/edit/"
BUYERS = f"{LISTS}WHOLESALE/dealers/"
ALPINES = "/console/dealers/D-ALPINE/lists/"


def said(response: Any) -> str:
    """What the reader gets."""
    content: str = response.content.decode()
    return content


def head(**values: Any) -> dict[str, Any]:
    """WHOLESALE as its form sends it."""
    return {"name": "Wholesale", "kind": "standard", "currency": "EUR", "is_active": "on", "seen": "0"} | values


def codes(dealer: Any) -> list[str]:
    return list(dealer.price_lists.order_by("priority").values_list("price_list__code", flat=True))


def price_of(dealer: Any, product: Any) -> Decimal | None:
    return quote(dealer, [(product.pk, 1)]).lines[0].unit_price


def test_a_list_is_made_from_another_one(world: World, as_user: Any) -> None:
    ada = as_user(world.ada)
    assert 'value="WHOLESALE"' in said(ada.get(NEW, {"from": "WHOLESALE"}))

    made = ada.post(
        NEW, {"code": "TRADE", "name": "Trade", "name_zh": "批发", "kind": "standard", "currency": "eur",
              "copy_from": "WHOLESALE"},
    )  # fmt: skip

    assert made.url == f"{LISTS}TRADE/"
    found = PriceList.objects.get(code="TRADE")
    assert (found.name_zh, found.currency, found.prices.count()) == ("批发", "EUR", 3)
    assert "Copied from" in said(ada.get(f"{LISTS}TRADE/edit/"))


def test_an_agreement_is_its_dealer_s_nearest_list(world: World, as_user: Any) -> None:
    given = {"code": "B-1", "name": "Bergen", "kind": "agreement", "owner_dealer": "d-bergen", "currency": "EUR"}
    assert as_user(world.ada).post(NEW, given).status_code == 302
    assert codes(world.bergen) == ["B-1", "WHOLESALE"]
    assert as_user(world.rita).get(f"{LISTS}B-1/").status_code == 404
    assert as_user(world.rita).get(f"{LISTS}B-1/dealers/").status_code == 404
    assert "Agreement of Bergen Cooking" in said(as_user(world.sam).get(f"{LISTS}B-1/"))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"code": "wholesale"}, "with this code already"),
        ({"code": "new"}, "cannot be in an address"),
        ({"kind": "agreement"}, "Say whose agreement"),
        ({"owner_dealer": "D-ALPINE"}, "Choose that kind"),
        ({"owner_dealer": "NOBODY", "kind": "agreement"}, "no such dealer"),
        ({"owner_dealer": "D-ALPINE", "kind": "agreement", "currency": "CNY"}, "buys in EUR"),
        ({"currency": "EURO"}, "currency"),
        ({"copy_from": "NOPE"}, "no price list NOPE"),
        ({"copy_from": "WHOLESALE", "currency": "CNY"}, "another currency"),
        ({"valid_from": "2030-02-02", "valid_to": "2030-02-01"}, "before the first"),
    ],
)
def test_lists_that_cannot_be_are_refused(world: World, as_user: Any, values: dict[str, Any], why: str) -> None:
    before = PriceList.objects.count()
    given = {"code": "TRADE", "name": "Trade", "kind": "standard", "currency": "EUR"}
    answer = as_user(world.ada).post(NEW, given | values)
    assert answer.status_code == 422
    assert why.casefold() in said(answer).casefold()
    assert PriceList.objects.count() == before


def test_what_moves_prices_is_asked_twice_and_a_name_is_not(world: World, as_user: Any) -> None:
    ada = as_user(world.ada)
    assert ada.post(EDIT, head(name="Trade")).status_code == 302
    seen = str(PriceListChange.objects.latest("pk").pk)
    tomorrow = (supplier_day(timezone.now()) + timedelta(days=1)).isoformat()

    asked = ada.post(EDIT, head(name="Trade", valid_from=tomorrow, seen=seen))
    assert "2 dealers buy by this list" in said(asked)
    assert price_of(world.bergen, world.pan) == Decimal("20.0000")
    wrong = ada.post(EDIT, head(name="Trade", valid_from=tomorrow, seen=seen, confirmed="1"))
    assert "2 dealers buy by this list" in said(wrong)

    assert ada.post(EDIT, head(name="Trade", valid_from=tomorrow, seen=seen, confirmed="2")).status_code == 302
    assert price_of(world.bergen, world.pan) is None
    change = PriceListChange.objects.first()
    assert change is not None
    assert (change.by, change.field, change.old, change.new) == (world.ada, "valid_from", "", tomorrow)


def test_a_list_ends_with_today_after_a_second_question(world: World, as_user: Any) -> None:
    ada = as_user(world.ada)
    assert "End it for 2 dealers" in said(ada.post(f"{LISTS}WHOLESALE/end/"))
    assert ada.post(f"{LISTS}WHOLESALE/end/", {"confirmed": "2"}).status_code == 302
    assert PriceList.objects.get(code="WHOLESALE").valid_to == supplier_day(timezone.now())
    assert ada.post(f"{LISTS}WHOLESALE/end/", {"confirmed": "2"}).status_code == 302
    assert PriceListChange.objects.count() == 1


def test_dealers_and_a_group_are_given_a_list_and_lose_it(world: World, as_user: Any) -> None:
    new = PriceList.objects.create(code="NEW", name="New", currency="EUR")
    factories.set_price(new, world.pan, "1.00")
    group = DealerGroup.objects.create(code="GOLD", name="Gold")
    ada, give, take = as_user(world.ada), f"{LISTS}NEW/dealers/give/", f"{LISTS}NEW/dealers/take/"
    both = {"numbers": "D-ALPINE, D-BERGEN\n", "place": "1"}

    assert "2 dealers will buy by this list" in said(ada.post(give, both))
    assert codes(world.bergen) == ["WHOLESALE"]
    assert ada.post(give, both | {"confirmed": "2"}).status_code == 302
    assert codes(world.alpine) == ["NEW", "ALPINE", "WHOLESALE"]

    world.bergen.group = group
    world.bergen.save()
    assert ada.post(give, {"group": group.pk}).status_code == 302
    assert ada.post(take, {"dealer": "D-BERGEN"}).status_code == 302
    assert price_of(world.bergen, world.pan) == Decimal("20.0000")
    assert "1 dealer of Gold will not" in said(ada.post(take, {"group": "GOLD"}))
    assert ada.post(take, {"group": "GOLD", "confirmed": "1"}).status_code == 302
    assert not new.groups.exists()


@pytest.mark.parametrize(
    ("values", "why"),
    [({"numbers": "NOBODY"}, "no dealer NOBODY"), ({}, "Name a dealer"), ({"numbers": "D-ALPINE"}, "in CNY")],
)
def test_giving_that_cannot_be_is_refused(world: World, as_user: Any, values: dict[str, str], why: str) -> None:
    PriceList.objects.create(code="YUAN", name="Yuan", currency="CNY")
    answer = as_user(world.ada).post(f"{LISTS}YUAN/dealers/give/", values)
    assert answer.status_code == 422
    assert why in said(answer)


def test_reps_read_who_of_theirs_buys_by_a_shared_list(world: World, as_user: Any) -> None:
    give_list(PriceList.objects.get(code="ALPINE"), dealers=[world.bergen.pk], by=world.ada)
    page = said(as_user(world.rita).get(f"{LISTS}ALPINE/dealers/"))
    assert "D-ALPINE" in page
    assert "D-BERGEN" not in page
    assert "Take it away" not in page
    assert "D-BERGEN" in said(as_user(world.fay).get(f"{LISTS}ALPINE/dealers/"))


@pytest.mark.parametrize("who", ["rita", "fay", "alice"])
def test_only_who_manages_prices_writes(world: World, as_user: Any, who: str) -> None:
    client = as_user(getattr(world, who))
    before = list(DealerPriceList.objects.order_by("pk").values())
    for address in (NEW, EDIT, f"{BUYERS}give/", f"{BUYERS}take/", f"{LISTS}WHOLESALE/end/", ALPINES):
        data = {"dealer": "D-ALPINE", "numbers": "D-ALPINE", "list": ["WHOLESALE"], "confirmed": "2"}
        assert client.post(address, data).status_code in (302, 403, 404), address
    assert list(DealerPriceList.objects.order_by("pk").values()) == before
    assert not PriceListChange.objects.exists()


def test_a_dealer_s_lists_are_arranged_step_by_step_and_saved_once(world: World, as_user: Any) -> None:
    PriceList.objects.create(code="NEW", name="New", currency="EUR")
    ada = as_user(world.ada)
    order = ada.get(ALPINES).context["order"]
    sent: dict[str, Any] = {"list": ["ALPINE", "WHOLESALE"], "seen": ",".join(map(str, order.seen))}

    step = ada.post(ALPINES, sent | {"act": "add", "new": "NEW"})
    assert [each.code for each in step.context["order"].lists] == ["ALPINE", "WHOLESALE", "NEW"]
    assert "Not saved yet" in said(step)
    sent["list"] = ["ALPINE", "WHOLESALE", "NEW"]
    step = ada.post(ALPINES, sent | {"act": "up:NEW"})
    assert [each.code for each in step.context["order"].lists] == ["ALPINE", "NEW", "WHOLESALE"]
    assert "autofocus" in said(step)
    step = ada.post(ALPINES, sent | {"act": "down:ALPINE"})
    assert [each.code for each in step.context["order"].lists] == ["WHOLESALE", "ALPINE", "NEW"]
    step = ada.post(ALPINES, sent | {"act": "drop:ALPINE"})
    assert [each.code for each in step.context["order"].lists] == ["WHOLESALE", "NEW"]
    assert codes(world.alpine) == ["ALPINE", "WHOLESALE"]

    assert ada.post(ALPINES, sent | {"list": ["NEW", "ALPINE"], "act": "save"}).status_code == 302
    assert codes(world.alpine) == ["NEW", "ALPINE"]
    late = ada.post(ALPINES, sent | {"act": "save"})
    assert late.status_code == 422
    assert "Somebody else changed" in said(late)


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"list": ["ALPINE", "NOPE"], "act": "save"}, "no price list NOPE"),
        ({"list": ["ALPINE"], "act": "add", "new": "ALPINE"}, "there already"),
        ({"list": ["YUAN"], "act": "save"}, "in CNY"),
    ],
)
def test_orders_that_cannot_be_are_refused(world: World, as_user: Any, sent: dict[str, Any], why: str) -> None:
    PriceList.objects.create(code="YUAN", name="Yuan", currency="CNY")
    ada = as_user(world.ada)
    sent["seen"] = ",".join(map(str, ada.get(ALPINES).context["order"].seen))
    answer = ada.post(ALPINES, sent)
    assert answer.status_code == 422
    assert why in said(answer)
    assert codes(world.alpine) == ["ALPINE", "WHOLESALE"]


def test_the_dealer_s_page_says_which_lists_count_and_why_not(world: World, as_user: Any) -> None:
    yuan = PriceList.objects.create(code="YUAN", name="Yuan", currency="CNY")
    group = DealerGroup.objects.create(code="GOLD", name="Gold")
    give_list(yuan, groups=[group.pk], by=world.ada)
    give_list(PriceList.objects.get(code="ALPINE"), groups=[group.pk], by=world.ada)
    world.bergen.group = group
    world.bergen.save()
    chain = as_user(world.sam).get("/console/dealers/D-BERGEN/").context["chain"]
    assert [(row["list"].code, row["origin"], row["why"]) for row in chain] == [
        ("WHOLESALE", "The dealer's own, place 1", ""),
        ("ALPINE", "Of the group Gold", ""),
        ("YUAN", "", "In CNY, so it does not count"),
    ]


def test_queries_do_not_grow_with_the_dealers(world: World, as_user: Any) -> None:
    client, counts = as_user(world.ada), []
    dealers = many_dealers(None, 60)
    for part in (dealers[:5], dealers[5:]):
        give_list(PriceList.objects.get(code="WHOLESALE"), dealers=[each.pk for each in part], by=world.ada)
        with CaptureQueriesContext(connection) as queries:
            client.get(BUYERS)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
