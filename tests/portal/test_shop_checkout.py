"""Checkout: one order however often it is sent, nothing changes silently, every refusal at its place."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model

from dealers.accounts.models import Outlet
from fulfilment.ordering.cart import add_to_cart, find_cart, open_cart
from fulfilment.ordering.models import DealerOrder
from fulfilment.stock.take import available
from pricing.terms.models import Price
from tests.factories import World
from tests.portal.shop_catalogue import make_many

StockRecord = get_model("partner", "StockRecord")


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    add_to_cart(open_cart(world.alice, world.alpine), {world.pan.pk: 10, world.pot.pk: 6})
    return as_user(world.alice)  # type: ignore[no-any-return]


def form_of(client: Client, **changes: str) -> dict[str, str]:
    """What the page would send."""
    form = client.get(reverse("shop:checkout")).context["form"]
    fields = {bound.name: bound.value() for bound in form}
    fields["outlet"] = getattr(fields["outlet"], "pk", fields["outlet"])
    return {name: str(value) for name, value in fields.items() if value is not None} | changes


def send(client: Client, data: dict[str, str], **kwargs: Any) -> Any:
    return client.post(reverse("shop:submit"), data, **kwargs)


def test_an_order_is_sent_and_the_confirmation_says_what_happens_next(world: World, alice: Client) -> None:
    day = timezone.localdate() + timedelta(days=7)
    data = form_of(alice, po_number=" PO-7 ", requested_date=day.isoformat(), note="Ring twice")
    response = send(alice, data, follow=True)
    order = DealerOrder.objects.get()
    assert (order.po_number, order.requested_date, order.note, order.outlet) == (
        "PO-7",
        day,
        "Ring twice",
        world.outlet,
    )
    assert (order.total, order.dealer, order.placed_by) == (Decimal("520.25"), world.alpine, world.alice)
    assert response.redirect_chain == [(reverse("shop:confirmation", args=(order.number,)), 302)]
    page = response.content.decode()
    for text in (order.number, "520.25", "Rita Test", "PO-7", "30 days after the invoice", "a mail at alice@"):
        assert text in page
    assert page.index("You confirm the receipt") < page.index("30 days after the invoice")
    assert find_cart(world.alice, world.alpine) is None


def test_what_is_due_and_who_reviews_is_said_before_the_button(world: World, alice: Client) -> None:
    page = alice.get(reverse("shop:checkout")).content.decode()
    for text in (
        "Rita Test, your sales rep, reviews the order",
        "On account, 30 days after invoice",
        "Send for review, 520.25 EUR",
    ):
        assert text in page
    assert page.index("your sales rep, reviews") < page.index("Send for review, 520.25 EUR")


def test_a_dealer_without_terms_pays_before_shipment(world: World, as_user: Any) -> None:
    add_to_cart(open_cart(world.bob, world.bergen), {world.pan.pk: 1})
    assert "Payment before shipment" in as_user(world.bob).get(reverse("shop:checkout")).content.decode()


def test_sending_the_same_form_again_leads_to_the_same_order(world: World, alice: Client) -> None:
    data = form_of(alice, po_number="PO-7")
    first = send(alice, data)
    second = send(alice, data)
    assert first.headers["Location"] == second.headers["Location"]
    assert DealerOrder.objects.count() == 1
    assert available([world.pan.pk]) == {world.pan.pk: 90}


def test_sending_it_again_leaves_a_new_cart_alone(world: World, alice: Client) -> None:
    data = form_of(alice, po_number="PO-7")
    send(alice, data)
    alice.post(reverse("shop:cart_add"), {f"quantity-{world.pan.pk}": "1"})
    assert send(alice, data).status_code == 302
    assert DealerOrder.objects.count() == 1
    cart = find_cart(world.alice, world.alpine)
    assert cart is not None


def test_the_key_stays_through_a_refusal(world: World, alice: Client) -> None:
    data = form_of(alice, requested_date="2001-01-01")
    response = send(alice, data)
    assert response.status_code == 422
    assert str(response.context["form"]["key"].value()) == data["key"]
    page = response.content.decode()
    assert "This day is past." in page
    assert not DealerOrder.objects.exists()


def test_the_same_key_with_other_details_is_told(world: World, alice: Client) -> None:
    data = form_of(alice, po_number="PO-7")
    send(alice, data)
    order = DealerOrder.objects.get()
    response = send(alice, data | {"po_number": "PO-8"}, follow=True)
    assert response.redirect_chain[-1][0] == reverse("shop:order", args=(order.number,))
    assert "already sent with other details" in response.content.decode()
    alice.post(reverse("shop:cart_add"), {f"quantity-{world.pan.pk}": "1"})
    response = send(alice, data | {"po_number": "PO-8"})
    assert "makes a second order" in response.content.decode()
    assert DealerOrder.objects.count() == 1


def test_a_changed_price_is_told_at_the_line_and_sent_only_when_confirmed(world: World, alice: Client) -> None:
    data = form_of(alice, po_number="PO-7")
    Price.objects.filter(product=world.pan, min_quantity=10).update(price=Decimal("19.00"))
    response = send(alice, data)
    page = response.content.decode()
    assert not DealerOrder.objects.exists()
    assert "Prices changed since you opened this page." in page
    assert "was 18.50" in page
    assert "Send for review, 525.90 EUR" in page
    again = {bound.name: bound.value() for bound in response.context["form"]}
    assert again["key"] == data["key"]
    send(alice, {name: str(value) for name, value in again.items() if value is not None})
    assert DealerOrder.objects.get().total == Decimal("525.90")


def test_tampered_explanations_harm_nothing(world: World, alice: Client) -> None:
    pan = str(world.pan.pk)
    for rubbish in ("[1]", "{", '{"a": "b"}', '{"PAN": "NaN"}', '{"PAN": "Infinity"}', '{"PAN": {}}', "[" * 90_000):
        rubbish = rubbish.replace("PAN", pan)
        data = form_of(alice) | {"shown_total": "1.00", "shown_prices": rubbish}
        assert send(alice, data).status_code == 422
    assert not DealerOrder.objects.exists()


def test_a_line_that_sold_out_is_named_at_its_line(world: World, alice: Client) -> None:
    data = form_of(alice)
    StockRecord.objects.filter(product=world.pan).update(num_in_stock=4)
    page = send(alice, data).content.decode()
    assert "Only 4 available. Order that many or fewer." in page
    assert f"{reverse('shop:cart')}#line-{world.pan.pk}" in page
    assert not DealerOrder.objects.exists()


def test_a_required_po_number_is_asked_at_its_field(world: World, alice: Client) -> None:
    world.alpine.po_number_required = True
    world.alpine.save()
    response = send(alice, form_of(alice) | {"po_number": ""})
    assert response.context["form"].errors["po_number"]
    assert not DealerOrder.objects.exists()


def test_a_po_number_used_before_is_warned_of_once(world: World, alice: Client) -> None:
    send(alice, form_of(alice, po_number="PO-7"))
    first = DealerOrder.objects.get()
    alice.post(reverse("shop:cart_add"), {f"quantity-{world.pan.pk}": "1"})
    response = send(alice, form_of(alice, po_number="po-7"))
    assert response.status_code == 422
    page = response.content.decode()
    assert "You used this PO number for order" in page
    assert first.number in page
    assert DealerOrder.objects.count() == 1
    again = {bound.name: str(bound.value()) for bound in response.context["form"] if bound.value() is not None}
    assert send(alice, again).status_code == 302
    assert DealerOrder.objects.count() == 2


def test_the_po_number_is_checked_while_typing_without_telling_of_strangers(
    world: World, alice: Client, as_user: Any
) -> None:
    send(alice, form_of(alice, po_number="PO-7"))
    url = reverse("shop:po_check")
    assert 'name="po_confirmed" value="PO-7"' in alice.get(url, {"po_number": "PO-7"}).content.decode()
    assert as_user(world.bob).get(url, {"po_number": "PO-7"}).content.strip() == b""
    assert alice.get(url, {"po_number": "\x00"}).status_code == 200


def test_another_dealer_s_outlet_cannot_be_chosen(world: World, alice: Client) -> None:
    stranger = Outlet.objects.get(dealer=world.bergen)
    response = send(alice, form_of(alice) | {"outlet": str(stranger.pk)})
    assert response.context["form"].errors["outlet"]
    assert "Bergen" not in alice.get(reverse("shop:checkout")).content.decode()


def test_a_dealer_without_an_outlet_is_told_whom_to_ask(world: World, alice: Client) -> None:
    Outlet.objects.filter(dealer=world.alpine).update(is_active=False)
    page = alice.get(reverse("shop:checkout")).content.decode()
    assert "There is no outlet to ship to yet." in page


def test_an_empty_cart_has_no_checkout(world: World, as_user: Any) -> None:
    client = as_user(world.alpine_administrator)
    assert client.get(reverse("shop:checkout")).headers["Location"] == reverse("shop:cart")
    response = send(client, {"key": str(uuid4()), "outlet": str(world.outlet.pk)})
    assert response.headers["Location"] == reverse("shop:cart")


@pytest.mark.parametrize("count", [10, 300])
def test_checkout_costs_the_same_statements_at_any_length(
    world: World, alice: Client, count: int, django_assert_max_num_queries: Any
) -> None:
    add_to_cart(open_cart(world.alice, world.alpine), {product.pk: 1 for product in make_many(count)})
    alice.get(reverse("shop:checkout"))
    with django_assert_max_num_queries(24):
        data = form_of(alice)
    with django_assert_max_num_queries(45):
        send(alice, data)
    assert DealerOrder.objects.get().line_count == count + 2
