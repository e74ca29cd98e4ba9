"""The dealer's home, account and people; and who may open what."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from dealers.accounts.models import Dealer, DealerRole, Membership, User
from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.review import approve, cancel
from fulfilment.ordering.submit import OrderHead, submit
from fulfilment.shipping.record import ShipmentData, ShippedLine, record_shipment
from portal.shop.rows import product_url
from tests import factories
from tests.factories import World

NOON = dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC)


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    return as_user(world.alice)  # type: ignore[no-any-return]


def placed(world: World, number: int = 10) -> DealerOrder:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: number})
    return submit(cart, OrderHead(key=uuid4(), outlet_id=world.outlet.pk), by=world.alice)


def test_home_tells_credit_tasks_and_the_way_on(world: World, alice: Client) -> None:
    shipped = approve(placed(world).pk, by=world.rita)
    record_shipment(ShipmentData("S1", shipped.number, NOON, [ShippedLine(1, 10)]))
    waiting = placed(world, 1)
    add_to_cart(open_cart(world.alice, world.alpine), {world.pot.pk: 6})
    page = alice.get(reverse("shop:home")).content.decode()
    for text in (
        "9,768.35", "of a limit of 10,000.00; ordered and not invoiced 209.05, in review 22.60",
        "Confirm shipment S1", f"Order {waiting.number} is in review",
        "Continue the cart: 1 line, 311.20 EUR", "rita@supplier.example", "Alpine Kitchens", "Nothing is overdue.",
    ):  # fmt: skip
        assert text in page


def test_home_has_no_empty_widgets(world: World, as_user: Any) -> None:
    lonely = factories.make_dealer("D-NEW", "New Dealer", payment_terms_days=0, credit_limit=0)
    user = factories.make_user("new@dealer.example", "Nina", dealer=lonely)
    page = as_user(user).get(reverse("shop:home")).content.decode()
    for text in ("Credit left", "<h2>Open tasks", "<h2>Last orders", "<h2>Your sales rep", "<h2>News", "New in the"):
        assert text not in page
    assert "There is nothing to order yet" in page


def test_home_costs_a_bounded_number_of_statements(
    world: World, alice: Client, django_assert_max_num_queries: Any
) -> None:
    for _number in range(8):
        approve(placed(world, 1).pk, by=world.rita)
        placed(world, 1)
    alice.get(reverse("shop:home"))
    with django_assert_max_num_queries(25):
        alice.get(reverse("shop:home"))


def test_own_name_and_language_are_changed(world: World, alice: Client) -> None:
    data = {"first_name": "Alicia", "last_name": "Test", "language": "zh-hans"}
    response = alice.post(reverse("shop:account"), data)
    world.alice.refresh_from_db()
    assert (world.alice.first_name, world.alice.language) == ("Alicia", "zh-hans")
    assert response.cookies["django_language"].value == "zh-hans"
    assert alice.post(reverse("shop:account"), data | {"language": "xx"}).status_code == 422


def test_a_buyer_sees_no_members_and_cannot_change_them(world: World, alice: Client) -> None:
    assert "End membership" not in alice.get(reverse("shop:account")).content.decode()
    member = Membership.objects.get(user=world.alpine_finance)
    assert alice.post(reverse("shop:member", args=(member.pk,)), {"end": "1"}).status_code == 403
    assert alice.post(reverse("shop:member_add"), {}).status_code == 403


def test_an_administrator_adds_a_colleague_who_sets_a_password_by_mail(world: World, as_user: Any) -> None:
    boss = as_user(world.alpine_administrator)
    data = {"first_name": "Cleo", "last_name": "New", "email": "Cleo@Alpine.example", "role": DealerRole.BUYER}
    assert boss.post(reverse("shop:member_add"), data).status_code == 302
    user = User.objects.get(email="cleo@alpine.example")
    assert not user.has_usable_password()
    assert Membership.objects.get(user=user).dealer == world.alpine
    assert [message.to for message in mail.outbox] == [["cleo@alpine.example"]]
    link = next(word for word in mail.outbox[0].body.split() if "/accounts/password/reset/key/" in word)
    page = Client().get(link.split("://", 1)[-1].split("/", 1)[-1].join(["/", ""]), follow=True)
    assert page.status_code == 200
    assert "cleo@alpine.example" in boss.get(reverse("shop:account")).content.decode()


def test_adding_a_member_twice_or_one_of_the_supplier_is_refused(world: World, as_user: Any) -> None:
    boss = as_user(world.alpine_administrator)
    for email in (world.alice.email, world.rita.email, "not an address"):
        data = {"first_name": "X", "email": email, "role": DealerRole.BUYER}
        assert boss.post(reverse("shop:member_add"), data).status_code == 422
    assert Membership.objects.filter(dealer=world.alpine).count() == 3
    assert not mail.outbox


def test_a_membership_ends_at_once_and_can_be_taken_up_again(world: World, alice: Client, as_user: Any) -> None:
    boss = as_user(world.alpine_administrator)
    member = Membership.objects.get(user=world.alice)
    boss.post(reverse("shop:member", args=(member.pk,)), {"end": "1"})
    assert alice.get(reverse("shop:home")).status_code == 403
    boss.post(reverse("shop:member_add"), {"first_name": "A", "email": world.alice.email, "role": DealerRole.FINANCE})
    member.refresh_from_db()
    assert (member.is_active, member.role) == (True, DealerRole.FINANCE)


def test_the_last_administrator_stays(world: World, as_user: Any) -> None:
    boss = as_user(world.alpine_administrator)
    own = Membership.objects.get(user=world.alpine_administrator)
    for data in ({"end": "1"}, {"role": DealerRole.BUYER}):
        page = boss.post(reverse("shop:member", args=(own.pk,)), data, follow=True).content.decode()
        assert "A dealer needs an administrator." in page
    alice = Membership.objects.get(user=world.alice)
    boss.post(reverse("shop:member", args=(alice.pk,)), {"role": DealerRole.ADMINISTRATOR})
    boss.post(reverse("shop:member", args=(own.pk,)), {"role": DealerRole.BUYER})
    own.refresh_from_db()
    assert own.role == DealerRole.BUYER


def test_another_dealer_s_member_does_not_exist(world: World, as_user: Any) -> None:
    boss = as_user(world.alpine_administrator)
    bob = Membership.objects.get(user=world.bob)
    assert boss.post(reverse("shop:member", args=(bob.pk,)), {"end": "1"}).status_code == 404
    bob.refresh_from_db()
    assert bob.is_active


GET, POST = "get", "post"
BROWSE = ("home", "catalogue", "search", "suggest", "account", "orders", "orders_export")
ORDER_GET = ("cart", "checkout", "po_check")
ORDER_POST = ("cart_add", "cart_update", "cart_clear", "submit")


@pytest.mark.parametrize("name", [*BROWSE, *ORDER_GET, *ORDER_POST, "member_add"])
def test_who_may_open_what(world: World, as_user: Any, name: str) -> None:
    url = reverse(f"shop:{name}")
    method = POST if name in ORDER_POST or name == "member_add" else GET
    opened = {}
    for user in (world.alice, world.alpine_finance, world.alpine_administrator, world.rita, world.ada):
        opened[user.first_name] = getattr(as_user(user), method)(url).status_code not in (403, 404)
    orders, manages = name not in (*ORDER_GET, *ORDER_POST), name == "member_add"
    assert opened == {
        "Alice": not manages, "Finn": orders and not manages, "Bea": True, "Rita": False, "Ada": False,
    }  # fmt: skip
    assert getattr(Client(), method)(url).status_code == 302


@pytest.mark.parametrize("name", [*ORDER_POST, "member_add"])
def test_what_changes_something_is_never_a_get(world: World, as_user: Any, name: str) -> None:
    assert as_user(world.alpine_administrator).get(reverse(f"shop:{name}")).status_code == 405


def test_finance_browses_without_ordering(world: World, as_user: Any) -> None:
    finance = as_user(world.alpine_finance)
    for url in (reverse("shop:home"), reverse("shop:catalogue"), product_url(world.pan)):
        page = finance.get(url).content.decode()
        assert reverse("shop:cart_add") not in page
        assert reverse("shop:checkout") not in page


def test_a_dealer_that_was_closed_is_shut_out(world: World, alice: Client) -> None:
    Dealer.objects.filter(pk=world.alpine.pk).update(is_active=False)
    assert alice.get(reverse("shop:home")).status_code == 403


def test_home_offers_to_order_again_what_was_not_cancelled(world: World, alice: Client) -> None:
    kept, dropped = placed(world), placed(world, 1)
    cancel(dropped.pk, by=world.alice, reason="Sent twice")
    page = alice.get(reverse("shop:home")).content.decode()
    assert f"Order {kept.number} again" in page
    assert f"Order {dropped.number} again" not in page


def bottom_bar(page: str) -> str:
    return page.partition('class="p-bottom"')[2].partition("</nav>")[0]


def test_who_may_not_order_sees_no_cart_and_finds_the_statement_on_a_phone(world: World, as_user: Any) -> None:
    clerk = factories.make_user("money@alpine.example", "Clara", dealer=world.alpine, role=DealerRole.FINANCE)
    page = as_user(clerk).get(reverse("shop:home")).content.decode()
    assert f'href="{reverse("shop:cart")}"' not in page
    assert f'href="{reverse("shop:statement")}"' in bottom_bar(page)


def test_who_may_do_everything_finds_the_statement_in_the_menu_on_a_phone(world: World, as_user: Any) -> None:
    boss = factories.make_user("owner@alpine.example", "Olga", dealer=world.alpine, role=DealerRole.ADMINISTRATOR)
    page = as_user(boss).get(reverse("shop:home")).content.decode()
    assert f'href="{reverse("shop:statement")}"' not in bottom_bar(page)
    assert f'class="p-phone" href="{reverse("shop:statement")}"' in page
