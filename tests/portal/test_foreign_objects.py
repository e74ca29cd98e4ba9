"""Nobody sees or changes what is another dealer's: every URL of ours, asked for Bergen's things by Alpine's people."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from dealers.accounts.models import DealerChange, DealerRole, Membership, Outlet, StaffRole, User
from erp_bridge.outbox.models import OutboxAction, OutboxMessage
from fulfilment.ordering.cart import add_to_cart, open_cart, quantities
from fulfilment.ordering.models import DealerOrder, OrderStep
from fulfilment.shipping.models import Shipment
from portal.access.roles import DEALER_PERMISSIONS, STAFF_PERMISSIONS
from tests import factories
from tests.factories import World
from tests.portal.foreign_world import SECRET_PO, SECRET_PRICE, SECRET_SKU, Secrets, foreign_parameters, make_secrets
from tests.portal.test_access import OURS, Route

PEOPLE = [*(f"dealer {role}" for role in DealerRole), "rep of another territory", "rep without dealers"]
#: What makes a POST valid wherever it lands.
BODY = {"reason": "Because", "note": "Because", "role": "finance", "email": "new@alpine.example", "end": "1"} | {
    f"{prefix}-{field}": "Because"
    for prefix in ("approve", "reject", "cancel", "replay", "send_again", "park", "apply", "dismiss")
    for field in ("reason", "note")
}
#: Lists and exports that are open to Bergen's neighbours and may hold nothing of Bergen's.
HINTS = (SECRET_SKU, SECRET_SKU.lower(), SECRET_PRICE, SECRET_PO, "Secret wok", "11.11", "TRACK-BERGEN", "I-BERGEN")
HINTS += ("Area 77777",)


@pytest.fixture
def secrets(world: World) -> Secrets:
    return make_secrets(world)


def person(name: str, world: World) -> User:
    if name.startswith("dealer "):
        role = name.removeprefix("dealer ")
        return factories.make_user(f"{role}@foreign.example", role, dealer=world.alpine, role=role)
    if name == "rep of another territory":
        return world.rita
    return factories.make_user("nobody@supplier.example", "No", staff_role=StaffRole.SALES_REP)


def bergens_rows(world: World) -> list[Any]:
    """Everything that a stranger could have changed."""
    rows: list[Any] = []
    for model in (DealerOrder, OrderStep, Shipment, OutboxMessage, OutboxAction, DealerChange, Membership, Outlet):
        rows += list(model.objects.exclude(**_alpines(model)).order_by("pk").values())  # type: ignore[attr-defined]
    return rows


def _alpines(model: Any) -> dict[str, str]:
    paths = {DealerOrder: "dealer", OrderStep: "order__dealer", Shipment: "order__dealer", OutboxMessage: "dealer"}
    paths |= {OutboxAction: "message__dealer", DealerChange: "dealer", Membership: "dealer", Outlet: "dealer"}
    return {f"{paths[model]}__number": "D-ALPINE"}


def test_every_url_with_parameters_is_in_the_table(world: World, secrets: Secrets) -> None:
    named = {route.name for route in OURS if route.parameters}
    assert named == set(foreign_parameters(world, secrets)), "Say what another dealer's object is at the new URL."


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_is_another_dealers_does_not_exist(
    world: World, secrets: Secrets, as_user: Any, name: str, method: str
) -> None:
    stranger = person(name, world)
    client, before, wrong = as_user(stranger), bergens_rows(world), []
    held = STAFF_PERMISSIONS.get(stranger.staff_role) or DEALER_PERMISSIONS[stranger.memberships.get().role]
    for route in OURS:
        for parameters in foreign_parameters(world, secrets).get(route.name, ()):
            url = reverse(route.name, kwargs=parameters)
            response = client.post(url, BODY) if method == "post" else client.get(url)
            if response.status_code not in ((404, 405) if route.access in held else (403,)):
                wrong.append((url, response.status_code))
    assert wrong == []
    assert bergens_rows(world) == before


def owner_of(route: Route, world: World) -> User:
    if route.name.startswith("shop:"):
        Membership.objects.filter(user=world.bob).update(role=DealerRole.ADMINISTRATOR)
        return world.bob
    return world.ada


def test_control_the_same_urls_are_there_for_those_whose_they_are(world: World, secrets: Secrets, as_user: Any) -> None:
    missing = []
    for route in OURS:
        for parameters in foreign_parameters(world, secrets).get(route.name, ())[:1]:
            url = reverse(route.name, kwargs=parameters)
            status = as_user(owner_of(route, world)).get(url).status_code
            if status not in (200, 301, 302, 405):
                missing.append((url, status))
    assert missing == []


def test_the_rep_of_the_dealer_sees_it(world: World, secrets: Secrets, as_user: Any) -> None:
    client = as_user(world.sam)
    for name, argument in (("order", secrets.sent.number), ("dealer", "D-BERGEN"), ("document", secrets.invoice.pk)):
        assert client.get(reverse(f"console:{name}", args=[argument])).status_code == 200


def content_of(response: Any) -> str:
    """What a page or a workbook says."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    if "spreadsheet" not in response.headers.get("Content-Type", ""):
        return body.decode("utf-8", "replace")
    sheets = load_workbook(BytesIO(body)).worksheets
    return "\n".join(str(value) for sheet in sheets for row in sheet.iter_rows(values_only=True) for value in row)


def leaks(client: Client, names: str, queries: tuple[str, ...]) -> list[tuple[str, str]]:
    found = []
    for route in OURS:
        if not route.name.startswith(names) or route.parameters:
            continue
        for query in queries:
            response = client.get(reverse(route.name) + query)
            if response.status_code == 200:
                text = content_of(response)
                found += [(route.name + query, hint) for hint in HINTS if hint in text and hint not in query]
    return found


def test_no_list_search_sort_or_export_of_the_shop_tells_of_it(world: World, secrets: Secrets, as_user: Any) -> None:
    queries = ("", "?q=wok", "?q=WOK", f"?q={SECRET_PO}", "?sort=price", f"?po_number={SECRET_PO}", "?status=open")
    assert leaks(as_user(world.alpine_administrator), "shop:", (*queries, "?period=custom&start=2026-01-01")) == []


def test_no_list_or_export_of_the_console_tells_another_territorys_rep(
    world: World, secrets: Secrets, as_user: Any
) -> None:
    queries = ("", "?q=BERGEN", f"?q={SECRET_PO}", "?sort=-total", "?status=open", "?state=review")
    found = leaks(as_user(world.rita), "console:", queries)
    assert found == [], "the price lists are every rep's, everything else is the dealer's own rep's"


def test_a_rep_cannot_check_the_price_of_a_dealer_of_another_territory(
    world: World, secrets: Secrets, as_user: Any
) -> None:
    url = reverse("console:price_check")
    query = {"dealer": "D-BERGEN", "sku": SECRET_SKU, "quantity": "1"}
    assert SECRET_PRICE in as_user(world.sam).get(url, query).content.decode()
    for dealer in ("D-BERGEN", "Bergen Cooking", str(world.bergen.pk)):
        assert SECRET_PRICE not in as_user(world.rita).get(url, query | {"dealer": dealer}).content.decode()


def test_an_order_cannot_be_shipped_to_another_dealers_outlet(world: World, secrets: Secrets, as_user: Any) -> None:
    add_to_cart(open_cart(world.alice, world.alpine), {world.pan.pk: 2})
    foreign = Outlet.objects.get(dealer=world.bergen)
    body = {"key": str(uuid4()), "outlet": foreign.pk, "po_number": "PO-9"}
    assert as_user(world.alice).post(reverse("shop:submit"), body).status_code == 422
    assert not DealerOrder.objects.filter(dealer=world.alpine).exists()


@pytest.mark.parametrize("name", ["shop:cart_add", "shop:cart_update"])
def test_a_product_of_another_dealers_list_cannot_get_into_the_cart(
    world: World, secrets: Secrets, as_user: Any, name: str
) -> None:
    cart = open_cart(world.alice, world.alpine)
    as_user(world.alice).post(reverse(name), {f"quantity-{secrets.wok.pk}": "1"})
    assert quantities(cart) == {}


def test_a_key_that_another_dealer_used_says_nothing_of_its_order(world: World, secrets: Secrets, as_user: Any) -> None:
    add_to_cart(open_cart(world.alice, world.alpine), {world.pan.pk: 2})
    body = {"key": str(secrets.waiting.submit_key), "outlet": world.outlet.pk, "po_number": "PO-9"}
    response = as_user(world.alice).post(reverse("shop:submit"), body, follow=True)
    assert secrets.waiting.number not in response.content.decode()
    assert DealerOrder.objects.filter(dealer=world.alpine).count() == 1


def test_a_shipment_of_another_order_is_not_this_orders(world: World, secrets: Secrets, as_user: Any) -> None:
    url = reverse("shop:receipt", args=[secrets.waiting.number, secrets.shipment.pk])
    assert as_user(world.bob).post(url, {"note": ""}).status_code == 404
    secrets.shipment.refresh_from_db()
    assert secrets.shipment.received_at is None


def test_fields_that_a_form_does_not_show_cannot_be_set(world: World, as_user: Any) -> None:
    more = {"staff_role": "administrator", "is_staff": "on", "is_superuser": "on", "email": "x@example.org", "id": "1"}
    more |= {"password": "x", "role": "administrator", "dealer": str(world.bergen.pk), "is_active": ""}
    body = {"first_name": "Alicia", "last_name": "Test", "language": "en"} | more
    assert as_user(world.alice).post(reverse("shop:account"), body).status_code == 302
    alice = User.objects.get(pk=world.alice.pk)
    assert (alice.first_name, alice.email, alice.staff_role) == ("Alicia", "alice@alpine.example", "")
    assert not alice.is_staff
    assert not alice.is_superuser
    assert alice.is_active
    assert Membership.objects.get(user=alice).role == DealerRole.BUYER


def test_terms_cannot_be_moved_to_fields_outside_the_form(world: World, as_user: Any) -> None:
    url = reverse("console:dealer_terms", args=["D-ALPINE"])
    form = as_user(world.ada).get(url).context["form"]
    values = {name: form[name].value() for name in form.fields}
    body = {name: value for name, value in values.items() if value is not None and value is not False}
    body |= {"number": "D-EVIL", "currency": "USD", "credit_limit": "5.00"}
    response = as_user(world.ada).post(url, {name: str(value) for name, value in body.items()})
    assert response.status_code == 302, response.context["form"].errors
    world.alpine.refresh_from_db()
    assert (world.alpine.number, world.alpine.currency) == ("D-ALPINE", "EUR")
    assert world.alpine.credit_limit == Decimal("5.00")


def shop_statuses(client: Client) -> set[int]:
    plain = [route for route in OURS if route.name.startswith("shop:") and not route.parameters]
    return {client.get(reverse(route.name)).status_code for route in plain}


def test_the_people_of_an_inactive_dealer_are_shut_out_of_everything(world: World, as_user: Any) -> None:
    client = as_user(world.alpine_administrator)
    assert 200 in shop_statuses(client)
    world.alpine.is_active = False
    world.alpine.save()
    assert shop_statuses(client) == {403}


def test_a_user_without_a_place_has_nothing(world: World, as_user: Any) -> None:
    client = as_user(factories.make_user("lost@example.org", "Lost"))
    assert shop_statuses(client) == {403}
    assert client.get("/", follow=True).redirect_chain[-1][0] == reverse("no_dealer")


def test_a_closed_login_ends_with_the_next_request(world: World, as_user: Any) -> None:
    client = as_user(world.rita)
    assert client.get(reverse("console:orders")).status_code == 200
    User.objects.filter(pk=world.rita.pk).update(is_active=False)
    response = client.get(reverse("console:orders"))
    assert response.status_code == 302
    assert "/accounts/login/" in response["Location"]
