"""Carts side by side: sharing, who may do what, colleagues, changed prices, lists, ordering again, files."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from oscar.core.loading import get_model

from dealers.accounts.models import DealerRole, User
from fulfilment.ordering.cart import add_to_cart, entries, find_cart, open_cart, quantities, set_quantities
from fulfilment.ordering.carts import choose_cart, create_cart, share_cart
from fulfilment.ordering.models import DealerCart, SavedList
from fulfilment.ordering.saved import items_of, save_cart_as_list
from pricing.catalogue.models import ProductCard
from pricing.terms.models import Price
from tests import factories
from tests.erp_bridge.orders import placed
from tests.factories import World
from tests.portal.shop_catalogue import make_many

Product = get_model("catalogue", "Product")
HTMX = {"hx-request": "true", "hx-current-url": "http://testserver/shop/cart/"}


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    return as_user(world.alice)  # type: ignore[no-any-return]


@pytest.fixture
def carl(world: World) -> User:
    return factories.make_user("carl@alpine.example", "Carl", dealer=world.alpine)


def fill(world: World, wanted: dict[Any, int]) -> DealerCart:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {product.pk: number for product, number in wanted.items()})
    return cart


def in_cart(world: World) -> dict[int, int]:
    cart = find_cart(world.alice, world.alpine)
    return quantities(cart) if cart else {}


def act(client: Client, cart: DealerCart, action: str, **data: Any) -> Any:
    return client.post(reverse("shop:cart_act", args=(cart.pk,)), {"action": action, **data}, follow=True)


def page_of(response: Any) -> str:
    return response.content.decode()  # type: ignore[no-any-return]


def test_a_new_cart_is_filled_from_now_on_and_the_menu_switches_back(world: World, alice: Client) -> None:
    plain = fill(world, {world.pan: 1})
    alice.post(reverse("shop:cart_create"), {"name": "Spring"})
    alice.post(reverse("shop:cart_add"), {f"quantity-{world.knife.pk}": "1"})
    assert in_cart(world) == {world.knife.pk: 1}
    menu = page_of(alice.get(reverse("shop:cart_menu")))
    assert "Spring" in menu
    act(alice, plain, "choose")
    assert in_cart(world) == {world.pan.pk: 1}


def test_the_carts_page_does_all_that_can_be_done(world: World, alice: Client) -> None:
    cart = fill(world, {world.pan: 1})
    act(alice, cart, "rename", name="Winter")
    act(alice, cart, "copy", name="Copy")
    copy = DealerCart.objects.get(name="Copy")
    page = page_of(act(alice, copy, "merge", target=str(cart.pk)))
    assert "1 line of “Copy” is in “Winter” now" in page
    assert in_cart(world) == {world.pan.pk: 2}
    page = page_of(act(alice, cart, "delete"))
    assert "Trash" in page
    act(alice, cart, "restore")
    assert {c.name for c in DealerCart.objects.for_buyer(world.alice, world.alpine)} == {"Winter"}


@pytest.mark.parametrize(
    "action", ["choose", "rename", "copy", "merge", "share", "unshare", "delete", "restore", "save"]
)
def test_a_colleague_s_own_cart_does_not_exist(world: World, as_user: Any, carl: User, action: str) -> None:
    cart = fill(world, {world.pan: 1})
    response = as_user(carl).post(reverse("shop:cart_act", args=(cart.pk,)), {"action": action, "name": "Mine"})
    assert response.status_code == 404
    cart.refresh_from_db()
    assert (cart.name, cart.shared, cart.deleted_at) == ("", False, None)


def test_a_shared_cart_is_filled_by_colleagues_and_governed_by_its_owner(
    world: World, as_user: Any, carl: User, alice: Client
) -> None:
    cart = fill(world, {world.pan: 1})
    act(alice, cart, "share")
    client = as_user(carl)
    act(client, cart, "choose")
    client.post(reverse("shop:cart_add"), {f"quantity-{world.knife.pk}": "2"})
    assert quantities(cart) == {world.pan.pk: 1, world.knife.pk: 2}
    for action in ("rename", "delete", "unshare", "merge"):
        act(client, cart, action, name="Taken", target=str(cart.pk))
    cart.refresh_from_db()
    assert (cart.name, cart.shared, cart.deleted_at) == ("", True, None)
    act(as_user(world.alpine_administrator), cart, "unshare")
    cart.refresh_from_db()
    assert cart.shared is False


def test_finance_may_not_touch_carts_or_lists(world: World, as_user: Any) -> None:
    cart = fill(world, {world.pan: 1})
    share_cart(cart, True)
    saved = save_cart_as_list(cart, world.alice, "Weekly", shared=True)
    client = as_user(world.alpine_finance)
    for name in ("cart", "carts", "cart_menu", "cart_excel", "cart_upload", "lists", "list_menu"):
        assert client.get(reverse(f"shop:{name}")).status_code == 403
    assert client.post(reverse("shop:cart_act", args=(cart.pk,)), {"action": "delete"}).status_code == 403
    assert client.post(reverse("shop:list", args=(saved.pk,)), {"action": "delete"}).status_code == 403


def test_at_two_dealers_each_has_its_own_carts_and_lists(world: World, as_user: Any) -> None:
    cart = fill(world, {world.pan: 1})
    share_cart(cart, True)
    saved = save_cart_as_list(cart, world.alice, "Weekly", shared=True)
    world.bob.memberships.create(dealer=world.alpine, role=DealerRole.BUYER)
    client = as_user(world.bob)
    client.post(reverse("choose_dealer"), {"dealer": world.bergen.pk})
    assert client.get(reverse("shop:list", args=(saved.pk,))).status_code == 404
    assert client.post(reverse("shop:cart_act", args=(cart.pk,)), {"action": "choose"}).status_code == 404
    client.post(reverse("choose_dealer"), {"dealer": world.alpine.pk})
    assert client.get(reverse("shop:list", args=(saved.pk,))).status_code == 200
    act(client, cart, "choose")
    assert find_cart(world.bob, world.alpine) == cart
    assert find_cart(world.bob, world.bergen) is None


def test_a_stale_quantity_shows_both_and_the_next_try_is_meant(world: World, alice: Client, carl: User) -> None:
    cart = fill(world, {world.pan: 3, world.knife: 1})
    set_quantities(cart, {world.pan.pk: 24}, by=carl)
    data = {f"quantity-{world.pan.pk}": "5", f"seen-{world.pan.pk}": "1-3",
            f"quantity-{world.knife.pk}": "2", f"seen-{world.knife.pk}": "1-1"}  # fmt: skip
    page = page_of(alice.post(reverse("shop:cart_update"), data))
    assert "Carl Test changed this to 24 meanwhile." in page
    assert 'value="5"' in page
    assert in_cart(world) == {world.pan.pk: 24, world.knife.pk: 2}
    alice.post(reverse("shop:cart_update"), {f"quantity-{world.pan.pk}": "5", f"seen-{world.pan.pk}": "2-24"})
    assert in_cart(world)[world.pan.pk] == 5


def test_a_stale_quantity_is_told_with_htmx_and_the_line_s_version_follows(
    world: World, alice: Client, carl: User
) -> None:
    cart = fill(world, {world.pan: 3})
    set_quantities(cart, {world.pan.pk: 24}, by=carl)
    data = {f"quantity-{world.pan.pk}": "5", f"seen-{world.pan.pk}": "1-3"}
    page = page_of(alice.post(reverse("shop:cart_update"), data, headers=HTMX))
    assert "Carl Test changed this to 24 meanwhile." in page
    assert 'value="2-24"' in page


def test_what_was_not_edited_here_is_not_set_back(world: World, alice: Client, carl: User) -> None:
    cart = fill(world, {world.pan: 3, world.knife: 1})
    set_quantities(cart, {world.pan.pk: 24}, by=carl)
    data = {f"quantity-{world.pan.pk}": "3", f"seen-{world.pan.pk}": "1-3",
            f"quantity-{world.knife.pk}": "2", f"seen-{world.knife.pk}": "1-1"}  # fmt: skip
    assert alice.post(reverse("shop:cart_update"), data).status_code == 302
    assert in_cart(world) == {world.pan.pk: 24, world.knife.pk: 2}


def test_a_note_is_kept_with_its_line(world: World, alice: Client) -> None:
    cart = fill(world, {world.pan: 3})
    alice.post(reverse("shop:cart_update"), {f"note-{world.pan.pk}": " for the fair "}, headers=HTMX)
    assert entries(cart)[world.pan.pk].note == "for the fair"
    response = alice.post(reverse("shop:cart_update"), {f"note-{world.pan.pk}": "x" * 501}, follow=True)
    assert "A note has at most 500 characters." in page_of(response)


def test_a_changed_price_is_told_until_it_is_confirmed(world: World, alice: Client) -> None:
    fill(world, {world.pan: 3})
    Price.objects.filter(product=world.pan, min_quantity=1).update(price=Decimal("21.50"), valid_from="2025-11-01")
    page = page_of(alice.get(reverse("shop:cart")))
    assert "1 price has changed since you saw it:" in page
    assert "was 20.00, now 21.50 since 1 Nov 2025" in page
    page = page_of(alice.post(reverse("shop:cart_prices"), follow=True))
    assert "1 new price confirmed." in page
    assert "was 20.00" not in page


def test_a_product_withdrawn_before_submit_is_named_at_its_line(world: World, alice: Client) -> None:
    fill(world, {world.pan: 3, world.knife: 1})
    ProductCard.objects.filter(product=world.pan).update(discontinued_on="2020-01-01")
    page = page_of(alice.get(reverse("shop:cart")))
    assert "This product is no longer available to you. Remove it." in page
    alice.post(reverse("shop:cart_update"), {"remove": str(world.pan.pk), f"seen-{world.pan.pk}": "1-3"})
    assert in_cart(world) == {world.knife.pk: 1}


def test_a_long_cart_is_paged_and_its_trouble_is_found(world: World, alice: Client) -> None:
    many = make_many(230)
    fill(world, dict.fromkeys(many, 1))
    Product.objects.filter(pk=many[-1].pk).update(is_public=False)
    response = alice.get(reverse("shop:cart"), {"page": "2"})
    cart = response.context["cart"]
    assert (cart.first, cart.last, cart.count, cart.pages) == (101, 200, 230, 3)
    assert f"?page=3#line-{many[-1].pk}" in page_of(response)
    only = alice.get(reverse("shop:cart"), {"only": "problems"}).context["cart"]
    assert [line.label.sku for line in only.lines] == ["MANY-00229"]
    data = {f"quantity-{many[150].pk}": "2", "page": "2"}
    assert alice.post(reverse("shop:cart_update"), data).headers["Location"] == "/shop/cart/?page=2"


@pytest.mark.parametrize("text", ["0", "99", "x", "-1", "9" * 50])
def test_a_page_that_is_not_there_is_the_nearest(world: World, alice: Client, text: str) -> None:
    fill(world, {world.pan: 1})
    assert alice.get(reverse("shop:cart"), {"page": text}).context["cart"].number == 1


def test_a_cart_is_kept_as_a_list_and_ordered_again(world: World, alice: Client) -> None:
    cart = fill(world, {world.pan: 3, world.knife: 1})
    act(alice, cart, "save", name="Weekly", kind="template")
    saved = SavedList.objects.get()
    assert (saved.kind, [(item.sku, item.quantity) for item in items_of(saved)]) == (
        "template", [("PAN-24", 3), ("KNIFE-8", 1)],
    )  # fmt: skip
    alice.post(reverse("shop:cart_clear"))
    url = reverse("shop:list_order", args=(saved.pk,))
    assert alice.get(url).status_code == 200
    assert in_cart(world) == {}, "the difference list comes first"
    alice.post(url, {"line": [str(world.pan.pk)], "into": "current"})
    assert in_cart(world) == {world.pan.pk: 3}


def test_a_list_is_edited_put_in_order_and_outlives_its_products(world: World, alice: Client) -> None:
    cart = fill(world, {world.pan: 3, world.knife: 1, world.pot: 6})
    saved = save_cart_as_list(cart, world.alice, "Weekly")
    pan, knife, pot = items_of(saved)
    url = reverse("shop:list", args=(saved.pk,))
    alice.post(url, {f"quantity-{pan.pk}": "5", f"note-{pan.pk}": "big", f"quantity-{knife.pk}": "1"})
    pan.refresh_from_db()
    assert (pan.quantity, pan.note) == (5, "big")
    alice.post(url, {"down": str(pan.pk)})
    assert [item.sku for item in items_of(saved)] == ["KNIFE-8", "PAN-24", "POT-5L"]
    alice.post(url, {"remove": str(pan.pk)})
    alice.post(url, {"up": str(pot.pk)})
    assert [item.sku for item in items_of(saved)] == ["POT-5L", "KNIFE-8"]
    Product.objects.filter(pk=world.knife.pk).update(is_public=False)
    page = page_of(alice.get(url))
    assert "No longer available to you." in page
    world.knife.stockrecords.all().delete()
    Product.objects.filter(pk=world.knife.pk).first()


def test_a_list_of_a_colleague_is_used_when_shared_and_changed_by_its_owner(
    world: World, as_user: Any, carl: User
) -> None:
    saved = save_cart_as_list(fill(world, {world.pan: 3}), world.alice, "Weekly")
    client, url = as_user(carl), reverse("shop:list", args=(saved.pk,))
    assert client.get(url).status_code == 404
    SavedList.objects.update(shared=True)
    assert client.get(url).status_code == 200
    client.post(url, {"action": "delete"})
    saved.refresh_from_db()
    assert saved.deleted_at is None


def test_a_deleted_list_comes_back(world: World, alice: Client) -> None:
    saved = save_cart_as_list(fill(world, {world.pan: 3}), world.alice, "Weekly")
    url = reverse("shop:list", args=(saved.pk,))
    assert "is in the trash" in page_of(alice.post(url, {"action": "delete"}, follow=True))
    assert alice.get(url).status_code == 404
    alice.post(url, {"action": "restore"})
    assert alice.get(url).status_code == 200


def test_a_product_is_added_to_a_list_from_beside_it(world: World, alice: Client, as_user: Any) -> None:
    data = {f"quantity-{world.pan.pk}": "1", "list": "new", "name": "Weekly"}
    response = alice.post(reverse("shop:list_add"), data, headers=HTMX)
    assert response.status_code == 204
    saved = SavedList.objects.get()
    alice.post(reverse("shop:list_add"), {f"quantity-{world.pan.pk}": "2", "list": str(saved.pk)})
    assert [(item.sku, item.quantity) for item in items_of(saved)] == [("PAN-24", 3)]
    assert "Weekly" in page_of(alice.get(reverse("shop:list_menu"), {"product": str(world.pan.pk)}))
    bob = as_user(world.bob)
    assert bob.post(reverse("shop:list_add"), data | {"list": str(saved.pk)}).status_code == 404
    bob.post(reverse("shop:list_add"), {f"quantity-{world.knife.pk}": "1", "list": "new", "name": "Mine"})
    assert SavedList.objects.filter(dealer=world.bergen, items__isnull=False).count() == 0


def test_the_difference_list_says_what_is_not_as_it_was(world: World, alice: Client) -> None:
    lid, new = make_many(2)
    order = placed(world, {world.pan: 10, world.pot: 6, world.knife: 8, lid: 5}, by=world.alice)
    Price.objects.filter(product=world.pan, min_quantity=10).update(price=Decimal("19.00"))
    ProductCard.objects.filter(product=world.pot).update(replaced_by=new, discontinued_on="2020-01-01")
    ProductCard.objects.filter(product=lid).update(order_multiple=4)
    url = reverse("shop:reorder", args=(order.number,))
    page = page_of(alice.get(url))
    for text in ("PAN-24 now costs 19.00 (then 18.50).", "POT-5L is replaced by MANY-00001.", "+0.50",
                 "KNIFE-8: 2 instead of 8, because only so many are left.",
                 "MANY-00000: 8 instead of 5, because it is sold in packs of 4."):  # fmt: skip
        assert text in page
    alice.post(url, {"line": [str(world.pan.pk), str(world.knife.pk)], "into": "new", "name": "Again"})
    cart = find_cart(world.alice, world.alpine)
    assert cart is not None
    assert (cart.name, quantities(cart)) == ("Again", {world.pan.pk: 10, world.knife.pk: 2})


def test_nothing_ticked_adds_nothing(world: World, alice: Client) -> None:
    order = placed(world, {world.pan: 10}, by=world.alice)
    response = alice.post(reverse("shop:reorder", args=(order.number,)), {"into": "current"})
    assert response.status_code == 422
    assert in_cart(world) == {}


def downloaded(client: Client) -> bytes:
    response = client.get(reverse("shop:cart_excel"))
    return b"".join(response.streaming_content)


def uploaded(client: Client, content: bytes, name: str = "cart.xlsx") -> Any:
    return client.post(reverse("shop:cart_upload"), {"file": SimpleUploadedFile(name, content)})


def test_a_downloaded_cart_comes_back_and_changes_nothing(world: World, alice: Client) -> None:
    fill(world, {world.pan: 3, world.pot: 6, world.knife: 1})
    preview = uploaded(alice, downloaded(alice)).context["preview"]
    assert (preview.changes, preview.refused, preview.same, preview.untouched) == ((), (), 3, 0)


def test_text_in_the_download_is_never_a_formula(world: World, alice: Client) -> None:
    from openpyxl import load_workbook

    Product.objects.filter(pk=world.pan.pk).update(title="=HYPERLINK(1)")
    cart = fill(world, {world.pan: 3})
    alice.post(reverse("shop:cart_update"), {f"note-{world.pan.pk}": "=1+1"})
    assert entries(cart)[world.pan.pk].note == "=1+1"
    sheet = load_workbook(BytesIO(downloaded(alice))).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d", "inlineStr"}


def test_changed_quantities_are_shown_then_written(world: World, alice: Client) -> None:
    fill(world, {world.pan: 3, world.pot: 6})
    text = b"SKU,Quantity\nPAN-24,5\nPOT-5L,0\nKNIFE-8,2\nNOPE,1\n"
    response = uploaded(alice, text, "cart.csv")
    page = page_of(response)
    assert "NOPE" in page
    assert in_cart(world) == {world.pan.pk: 3, world.pot.pk: 6}
    alice.post(reverse("shop:cart_upload"), {"changes": response.context["packed"]})
    assert in_cart(world) == {world.pan.pk: 5, world.knife.pk: 2}


def test_what_a_colleague_changed_since_the_preview_is_named(world: World, alice: Client, carl: User) -> None:
    cart = fill(world, {world.pan: 3, world.knife: 1})
    packed = uploaded(alice, b"SKU,Quantity\nPAN-24,5\nKNIFE-8,2\n", "cart.csv").context["packed"]
    set_quantities(cart, {world.pan.pk: 24}, by=carl)
    page = page_of(alice.post(reverse("shop:cart_upload"), {"changes": packed}, follow=True))
    assert "PAN-24: Carl Test changed this to 24 meanwhile." in page
    assert in_cart(world) == {world.pan.pk: 24, world.knife.pk: 2}


@pytest.mark.parametrize(
    "packed", ["", "{}", "[]", "x", '{"cart":1,"lines":[[1,2]]}', '{"cart":1,"lines":[["a",1,1]]}']
)
def test_a_forged_change_changes_nothing(world: World, alice: Client, packed: str) -> None:
    fill(world, {world.pan: 3})
    assert alice.post(reverse("shop:cart_upload"), {"changes": packed}).status_code == 302
    assert in_cart(world) == {world.pan.pk: 3}


@pytest.mark.parametrize("count", [10, 1000])
def test_pages_cost_the_same_statements_at_any_length(
    world: World, alice: Client, count: int, django_assert_max_num_queries: Any
) -> None:
    products = make_many(count)
    cart = fill(world, dict.fromkeys(products, 1))
    saved = save_cart_as_list(cart, world.alice, "Weekly")
    order = placed(world, dict.fromkeys(products, 1), by=world.alice)
    choose_cart(world.alice, create_cart(world.alice, world.alpine, "Other"))
    fill(world, dict.fromkeys(products, 2))
    alice.get(reverse("shop:cart"))
    for url, most in (
        (reverse("shop:cart"), 21), (reverse("shop:cart_excel"), 23), (reverse("shop:carts"), 15),
        (reverse("shop:list", args=(saved.pk,)), 20), (reverse("shop:list_order", args=(saved.pk,)), 18),
        (reverse("shop:reorder", args=(order.number,)), 18),
    ):  # fmt: skip
        with django_assert_max_num_queries(most):
            assert alice.get(url).status_code == 200
    with django_assert_max_num_queries(40):
        alice.post(reverse("shop:reorder", args=(order.number,)), {"all": "1", "into": "current"})
    with django_assert_max_num_queries(30):
        alice.post(reverse("shop:cart_update"), {f"quantity-{products[0].pk}": "5"}, headers=HTMX)
