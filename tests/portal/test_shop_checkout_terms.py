"""Checkout beyond the head: where to, freight, delivery, notes and days of lines, and what changed meanwhile."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dealers.accounts.models import Outlet
from fulfilment.ordering.cart import add_to_cart, entries, open_cart, set_quantities
from fulfilment.ordering.models import DealerOrder
from pricing.selling.models import FreightRule
from pricing.terms.models import Price
from tests.factories import World
from tests.portal.shop_catalogue import make_many
from tests.portal.test_shop_checkout import form_of, send

D = Decimal
TODAY = timezone.localdate()
LATER = TODAY + timedelta(days=9)
CHECKOUT, OUTLETS = "/shop/checkout/", "/shop/checkout/outlets/"


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    add_to_cart(open_cart(world.alice, world.alpine), {world.pan.pk: 10, world.pot.pk: 6})
    return as_user(world.alice)  # type: ignore[no-any-return]


def resent(response: Any) -> dict[str, str]:
    """The form as the refusing page would send it again."""
    fields = {bound.name: bound.value() for bound in response.context["form"]}
    return {name: str(value) for name, value in fields.items() if value is not None}


def more_outlets(world: World, count: int) -> None:
    Outlet.objects.bulk_create(
        Outlet(dealer=world.alpine, code=f"S{number:04d}", name=f"Shop {number}", city="Lucerne", country="CH",
               contact_name=f"Keeper {number}")
        for number in range(count)
    )  # fmt: skip


def test_few_outlets_are_shown_with_address_and_contact(world: World, alice: Client) -> None:
    Outlet.objects.filter(dealer=world.alpine).update(contact_name="Uma Keeper", contact_phone="+49 30 1")
    page = alice.get(CHECKOUT).content.decode()
    for text in ("1 Market Street, 12345 Town", "Uma Keeper", "+49 30 1"):
        assert text in page
    assert "outlet-q" not in page


def test_many_outlets_are_searched_and_the_chosen_one_stays(world: World, alice: Client) -> None:
    more_outlets(world, 30)
    assert "outlet-q" in alice.get(CHECKOUT).content.decode()
    found = alice.get(OUTLETS, {"outlet_q": "lucerne keeper 27", "outlet": str(world.outlet.pk)})
    names = [outlet.name for outlet in found.context["places"].outlets]
    assert names == ["Alpine Kitchens main shop", "Shop 27"]
    everything = alice.get(OUTLETS, {"outlets": "all"}).context["places"]
    assert len(everything.outlets) == 31
    assert alice.get(OUTLETS, {"outlet_q": "\x00" * 200, "outlet": "x" * 99}).status_code == 200


def test_a_stranger_s_outlets_are_never_found(world: World, alice: Client) -> None:
    stranger = world.bergen.outlets.get()
    places = alice.get(OUTLETS, {"outlet_q": "Bergen", "outlet": str(stranger.pk)}).context["places"]
    assert places.outlets == ()


def test_any_number_of_outlets_costs_the_same_statements(world: World, alice: Client) -> None:
    more_outlets(world, 30)
    with CaptureQueriesContext(
        connection,
    ) as few:
        alice.get(CHECKOUT)
    more_outlets_again = [Outlet(dealer=world.alpine, code=f"T{n}", name=f"T {n}", country="CH") for n in range(500)]
    Outlet.objects.bulk_create(more_outlets_again)
    with CaptureQueriesContext(connection) as many:
        alice.get(CHECKOUT)
    assert len(many) == len(few)


def test_freight_is_a_line_of_cart_and_checkout_with_what_frees_from_it(world: World, alice: Client) -> None:
    FreightRule.objects.create(currency="EUR", charge=D("25.00"), free_from=D("500.00"))
    for url in ("/shop/cart/", CHECKOUT):
        page = alice.get(url).content.decode()
        for text in ("Freight", "25.00", "63.10", "548.50", "39.60 EUR more before tax for free freight"):
            assert text in page, (url, text)
    send(alice, form_of(alice))
    order = DealerOrder.objects.get()
    assert order.total == D("548.50")
    page = alice.get(f"/shop/orders/{order.number}/").content.decode()
    assert "25.00" in page
    assert "63.10" in page


def test_a_freight_that_changed_meanwhile_is_told_before_it_is_charged(world: World, alice: Client) -> None:
    data = form_of(alice)
    FreightRule.objects.create(currency="EUR", charge=D("25.00"))
    response = send(alice, data)
    page = response.content.decode()
    assert "the freight or the tax changed" in page
    assert "Send for review, 548.50 EUR" in page
    assert not DealerOrder.objects.exists()
    send(alice, resent(response))
    assert DealerOrder.objects.get().freight_net == D("25.00")


def test_credit_and_reasons_for_a_longer_review_stand_before_the_button(world: World, alice: Client) -> None:
    world.alpine.credit_limit = D("500.00")
    world.alpine.save()
    FreightRule.objects.create(currency="EUR", charge=D("25.00"))
    page = alice.get(CHECKOUT).content.decode()
    reason = "It goes 48.50 EUR over your credit limit: it is approved only with a reason."
    assert page.index(reason) < page.index("Send for review, 548.50 EUR")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"requested_date": (TODAY + timedelta(days=3000)).isoformat()}, "requested_date"),
        ({"delivery_mode": "until"}, "cancel_missing_after"),
        ({"delivery_mode": "until", "cancel_missing_after": "2001-01-01"}, "cancel_missing_after"),
        (
            {
                "delivery_mode": "until",
                "requested_date": LATER.isoformat(),
                "cancel_missing_after": (LATER - timedelta(days=1)).isoformat(),
            },
            "cancel_missing_after",
        ),
        ({"delivery_mode": "by drone"}, "delivery_mode"),
    ],
)
def test_days_and_ways_that_cannot_be_are_refused_at_their_field(
    world: World, alice: Client, fields: dict[str, str], wrong: str
) -> None:
    response = send(alice, form_of(alice) | fields)
    assert list(response.context["form"].errors) == [wrong]
    assert not DealerOrder.objects.exists()


def test_delivery_is_kept_and_shown(world: World, alice: Client) -> None:
    send(alice, form_of(alice) | {"delivery_mode": "until", "cancel_missing_after": LATER.isoformat()})
    order = DealerOrder.objects.get()
    assert (order.delivery_mode, order.cancel_missing_after) == ("until", LATER)
    for url in (f"/shop/orders/{order.number}/", f"/shop/orders/{order.number}/sent/"):
        assert "cancel what is missing after a day" in alice.get(url).content.decode()


def test_a_day_left_behind_by_another_choice_does_not_count(world: World, alice: Client) -> None:
    send(alice, form_of(alice) | {"delivery_mode": "complete", "cancel_missing_after": "2001-01-01"})
    order = DealerOrder.objects.get()
    assert (order.delivery_mode, order.cancel_missing_after) == ("complete", None)


def test_lines_get_a_note_and_a_day_only_when_wanted(world: World, alice: Client) -> None:
    field = f'name="date-{world.pan.pk}"'
    assert field not in alice.get(CHECKOUT).content.decode()
    assert field in alice.get(CHECKOUT, {"terms": "1"}).content.decode()
    data = form_of(alice) | {f"note-{world.pan.pk}": " for the fair ", f"date-{world.pan.pk}": LATER.isoformat()}
    send(alice, data)
    order = DealerOrder.objects.get()
    assert [(line.note, line.requested_date) for line in order.lines.all()] == [("for the fair", LATER), ("", None)]
    page = alice.get(f"/shop/orders/{order.number}/").content.decode()
    assert "for the fair" in page
    assert "requested for" in page


@pytest.mark.parametrize(
    ("day", "says"),
    [
        ("2001-01-01", "This day is past."),
        ((TODAY + timedelta(days=3000)).isoformat(), "more than two years ahead"),
        ("soon", "Enter a day as YYYY-MM-DD."),
        ("2026-02-31", "Enter a day as YYYY-MM-DD."),
    ],
)
def test_a_line_s_impossible_day_is_refused_at_its_line(world: World, alice: Client, day: str, says: str) -> None:
    response = send(alice, form_of(alice) | {f"note-{world.pan.pk}": "kept", f"date-{world.pan.pk}": day})
    page = response.content.decode()
    assert response.status_code == 422
    assert f'<a href="#line-{world.pan.pk}">PAN-24</a>' in page
    assert says in page
    assert 'value="kept"' in page
    assert not DealerOrder.objects.exists()


def test_the_same_form_with_another_line_note_is_refused_clearly(world: World, alice: Client) -> None:
    data = form_of(alice) | {f"note-{world.pan.pk}": "one"}
    send(alice, data)
    order = DealerOrder.objects.get()
    assert send(alice, data).headers["Location"] == reverse("shop:confirmation", args=(order.number,))
    response = send(alice, data | {f"note-{world.pan.pk}": "two"}, follow=True)
    assert "already sent with other details" in response.content.decode()
    assert DealerOrder.objects.count() == 1


def test_what_a_colleague_changed_meanwhile_is_told_and_confirmed(world: World, alice: Client) -> None:
    data = form_of(alice)
    set_quantities(open_cart(world.alice, world.alpine), {world.pan.pk: 20, world.pot.pk: 0, world.knife.pk: 1})
    response = send(alice, data)
    page = response.content.decode()
    assert not DealerOrder.objects.exists()
    for text in (
        "The cart was changed since you opened this page.",
        "The quantity was 10 and is now 20.",
        "This line was added since you opened the page.",
        "POT-5L Stock pot 5 l was removed.",
    ):
        assert text in page
    assert send(alice, resent(response)).status_code == 302
    assert DealerOrder.objects.get().line_count == 2


@pytest.mark.parametrize("spoil", ["withdrawn", "expired"])
def test_what_can_no_longer_be_bought_is_named_at_its_line(world: World, alice: Client, spoil: str) -> None:
    data = form_of(alice)
    if spoil == "withdrawn":
        world.pot.is_public = False
        world.pot.save()
    else:
        Price.objects.filter(product=world.pot).update(valid_to=TODAY - timedelta(days=1))
    response = send(alice, data)
    assert response.status_code == 422
    troubled = response.context["cart"].troubled
    assert [line.label.sku for line in troubled] == ["POT-5L"]
    assert f"#line-{world.pot.pk}" in response.content.decode()
    assert not DealerOrder.objects.exists()


def test_mending_the_cart_loses_nothing_that_was_entered(world: World, alice: Client) -> None:
    data = form_of(alice, po_number="PO-7", note="Ring twice") | {f"note-{world.pan.pk}": "for the fair"}
    add_to_cart(open_cart(world.alice, world.alpine), {world.pot.pk: 1})
    send(alice, data)
    cart = open_cart(world.alice, world.alpine)
    assert entries(cart)[world.pan.pk].note == "for the fair"
    set_quantities(cart, {world.pot.pk: 6})
    again = form_of(alice)
    assert (again["po_number"], again["note"]) == ("PO-7", "Ring twice")
    send(alice, again)
    order = DealerOrder.objects.get()
    assert [line.note for line in order.lines.all()] == ["for the fair", ""]
    add_to_cart(open_cart(world.alice, world.alpine), {world.pan.pk: 1})
    assert "po_number" not in {name for name, value in form_of(alice).items() if value}


def test_a_line_that_somebody_else_s_cart_has_is_not_touched(world: World, alice: Client) -> None:
    theirs = open_cart(world.bob, world.bergen)
    add_to_cart(theirs, {world.pan.pk: 1})
    send(alice, form_of(alice) | {"delivery_mode": "x", f"note-{world.pan.pk}": "mine"})
    assert entries(theirs)[world.pan.pk].note == ""


@pytest.mark.parametrize("count", [1, 1000])
def test_a_po_number_is_looked_up_in_one_statement_among_any_number_of_orders(
    world: World, alice: Client, count: int, django_assert_num_queries: Any
) -> None:
    send(alice, form_of(alice, po_number="PO-7"))
    first = DealerOrder.objects.get()
    _copy(first, count - 1)
    url = reverse("shop:po_check")
    alice.get(url, {"po_number": "other"})
    with CaptureQueriesContext(connection) as asked:
        assert "You used this PO number" in alice.get(url, {"po_number": "po-7"}).content.decode()
    lookups = [query["sql"] for query in asked if 'UPPER("fulfilment_ordering_dealerorder"."po_number"' in query["sql"]]
    assert len(lookups) == 1


def test_the_index_of_po_numbers_answers_the_lookup(world: World, alice: Client) -> None:
    send(alice, form_of(alice, po_number="PO-7"))
    _copy(DealerOrder.objects.get(), 1_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE fulfilment_ordering_dealerorder")  # the plan is chosen by what is known of the rows
    orders = DealerOrder.objects.filter(dealer=world.alpine, po_number__iexact="po-7").exclude(po_number="")
    assert "orders_by_po_number" in orders.explain()


def _copy(order: DealerOrder, count: int) -> None:
    """More orders like this one, with numbers of their own."""
    mirror = order.order
    mirrors = type(mirror).objects.bulk_create(
        type(mirror)(
            number=f"{order.number}-{n}", site=mirror.site, user=mirror.user, currency=mirror.currency,
            total_incl_tax=1, total_excl_tax=1, shipping_incl_tax=0, shipping_excl_tax=0, date_placed=order.placed_at,
        )
        for n in range(count)
    )  # fmt: skip
    same = {
        field.name: getattr(order, field.name)
        for field in DealerOrder._meta.concrete_fields
        if field.name not in ("order", "number", "submit_key", "po_number")
    }
    DealerOrder.objects.bulk_create(
        DealerOrder(order=made, number=made.number, submit_key=uuid4(), po_number=f"X-{made.pk}", **same)
        for made in mirrors
    )


@pytest.mark.parametrize("count", [10, 1000])
def test_notes_on_every_line_cost_the_same_statements_at_any_length(
    world: World, alice: Client, count: int, django_assert_max_num_queries: Any
) -> None:
    made = make_many(count)
    add_to_cart(open_cart(world.alice, world.alpine), {product.pk: 1 for product in made})
    FreightRule.objects.create(currency="EUR", charge=D("25.00"))
    alice.get(CHECKOUT)
    with django_assert_max_num_queries(24):
        page = alice.get(CHECKOUT, {"terms": "1"})
    assert page.content.count(b'name="note-') == count + 2
    data = form_of(alice) | {f"note-{product.pk}": "note" for product in made}
    data |= {f"date-{product.pk}": LATER.isoformat() for product in made}
    with django_assert_max_num_queries(45):
        send(alice, data)
    order = DealerOrder.objects.get()
    assert order.lines.filter(note="note", requested_date=LATER).count() == count
