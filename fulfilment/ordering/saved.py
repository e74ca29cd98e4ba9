"""Saved lists: made from a cart or by hand, filled in sets, kept when their products are no longer sold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from dealers.accounts.models import Dealer, User
from fulfilment.ordering.lines import MAX_QUANTITY, grouped, quantity_message
from fulfilment.ordering.models import DealerCart
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.savedmodels import ListKind, SavedList, SavedListItem
from pricing.quote import assortment

MAX_ITEMS = 5_000
MAX_LISTS = 500
LONGEST_NAME = 100
LONGEST_NOTE = 500

# A variant without words of its own has its model's.
FROM_CART = """
INSERT INTO fulfilment_ordering_savedlistitem (saved_list_id, product_id, sku, name, quantity, note, position)
SELECT %(list)s, p.id, coalesce(p.upc, ''), coalesce(nullif(p.title, ''), m.title, p.upc, ''), b.quantity,
       coalesce(c.note, ''), row_number() OVER (ORDER BY b.id)
FROM basket_line b JOIN catalogue_product p ON p.id = b.product_id LEFT JOIN catalogue_product m ON m.id = p.parent_id
LEFT JOIN fulfilment_ordering_cartline c ON c.line_id = b.id
WHERE b.basket_id = %(basket)s
"""

ADD = """
INSERT INTO fulfilment_ordering_savedlistitem AS i (saved_list_id, product_id, sku, name, quantity, note, position)
SELECT %(list)s, p.id, p.upc, coalesce(nullif(p.title, ''), m.title, p.upc), w.quantity, '', %(last)s + w.place
FROM unnest(%(ids)s::bigint[], %(quantities)s::bigint[]) WITH ORDINALITY AS w(product_id, quantity, place)
JOIN catalogue_product p ON p.id = w.product_id LEFT JOIN catalogue_product m ON m.id = p.parent_id
ORDER BY w.place
ON CONFLICT (saved_list_id, product_id) DO UPDATE SET quantity = least(i.quantity + excluded.quantity, %(limit)s)
"""

CHANGE = """
UPDATE fulfilment_ordering_savedlistitem i SET quantity = w.quantity, note = w.note
FROM unnest(%(ids)s::bigint[], %(quantities)s::bigint[], %(notes)s::text[]) AS w(id, quantity, note)
WHERE i.id = w.id AND i.saved_list_id = %(list)s
"""

# The moved line stands before the one whose place it takes; all are numbered anew, without gaps.
MOVE = """
UPDATE fulfilment_ordering_savedlistitem i SET position = n.position
FROM (
    SELECT id, row_number() OVER (
        ORDER BY CASE WHEN id = %(item)s THEN %(place)s ELSE position END, id <> %(item)s, id
    ) AS position
    FROM fulfilment_ordering_savedlistitem WHERE saved_list_id = %(list)s
) n
WHERE i.id = n.id AND i.position <> n.position
"""


def create_list(
    dealer: Dealer, owner: User, name: str, kind: str = ListKind.LIST, *, shared: bool = False
) -> SavedList:
    """A new empty list; refuses a name that the owner uses for another one at this dealer."""
    name = _clean(name)
    if SavedList.objects.filter(dealer=dealer, owner=owner, deleted_at=None).count() >= MAX_LISTS:
        raise OrderRefused(_("You have %d lists. Delete one first.") % MAX_LISTS, code="lists")
    try:
        with transaction.atomic():
            return SavedList.objects.create(dealer=dealer, owner=owner, name=name, kind=kind, shared=shared)
    except IntegrityError as why:
        raise _taken(name) from why


def save_cart_as_list(
    cart: DealerCart, owner: User, name: str, kind: str = ListKind.LIST, *, shared: bool = False
) -> SavedList:
    """A list with the cart's products, quantities and notes, in a constant number of statements."""
    with transaction.atomic():
        saved = create_list(cart.dealer, owner, name, kind, shared=shared)
        if not _execute(FROM_CART, {"list": saved.pk, "basket": cart.basket_id}):
            raise OrderRefused(_("The cart is empty. Add products first."), code="empty")
    return saved


def add_to_list(saved: SavedList, wanted: Mapping[int, int]) -> int:
    """Add `product id → quantity` at the end; what is in the list already grows. Answers how many lines were written.

    Products that the dealer may not see are refused together, before anything is written.
    """
    if not wanted:
        return 0
    if any(not 1 <= quantity <= MAX_QUANTITY for quantity in wanted.values()):
        raise OrderRefused(quantity_message(), code="quantity")
    with transaction.atomic():
        _lock(saved)
        if assortment(saved.dealer, among=wanted).count() < len(wanted):
            raise OrderRefused(_("A product is not available to you. Nothing was added."), code="not_available")
        kept = saved.items.aggregate(last=Max("position"))
        if saved.items.exclude(product__in=list(wanted)).count() + len(wanted) > MAX_ITEMS:
            raise OrderRefused(_("A list holds at most %s lines.") % grouped(MAX_ITEMS), code="lines")
        values = {"list": saved.pk, "ids": list(wanted), "quantities": list(wanted.values())}
        written = _execute(ADD, values | {"last": kept["last"] or 0, "limit": MAX_QUANTITY})
        saved.save(update_fields=["updated_at"])
    return written


def change_items(saved: SavedList, changes: Mapping[int, tuple[int, str]]) -> None:
    """Set `item id → (quantity, note)`; 0 removes the line; items of other lists are left alone."""
    if any(not 0 <= quantity <= MAX_QUANTITY for quantity, _note in changes.values()):
        raise OrderRefused(quantity_message(), code="quantity")
    if any(len(note) > LONGEST_NOTE for _quantity, note in changes.values()):
        raise OrderRefused(_("A note has at most %d characters.") % LONGEST_NOTE, code="note")
    gone = [pk for pk, (quantity, _note) in changes.items() if not quantity]
    kept = {pk: change for pk, change in changes.items() if change[0]}
    with transaction.atomic():
        _lock(saved)
        if gone:
            items = saved.items.filter(pk__in=gone)
            items._raw_delete(items.db)  # nothing hangs on items, and one statement removes any number
            _execute(MOVE, {"list": saved.pk, "item": 0, "place": 0})
        if kept:
            amounts, notes = [amount for amount, _note in kept.values()], [note.strip() for _q, note in kept.values()]
            _execute(CHANGE, {"list": saved.pk, "ids": list(kept), "quantities": amounts, "notes": notes})
        saved.save(update_fields=["updated_at"])


def move_item(saved: SavedList, item: SavedListItem, position: int) -> None:
    """Put a line at a position from 1; the others close up. One statement."""
    if item.saved_list_id != saved.pk:
        raise OrderRefused(_("This line is not in the list any more."), code="item")
    with transaction.atomic():
        _lock(saved)
        item.refresh_from_db(fields=["position"])
        place = max(position, 1)
        # Downwards it stands behind the line that has the place now.
        _execute(MOVE, {"list": saved.pk, "item": item.pk, "place": place + (place > item.position)})
        saved.save(update_fields=["updated_at"])


def change_list(saved: SavedList, *, name: str, kind: str, shared: bool) -> None:
    """Rename, share or turn into a template."""
    saved.name, saved.kind, saved.shared = _clean(name), ListKind(kind), shared
    try:
        with transaction.atomic():
            saved.save(update_fields=["name", "kind", "shared", "updated_at"])
    except IntegrityError as why:
        raise _taken(saved.name) from why


def trash_list(saved: SavedList) -> None:
    """Put the list into the trash."""
    SavedList.objects.filter(pk=saved.pk).update(deleted_at=timezone.now())


def restore_list(saved: SavedList) -> None:
    """Take a list out of the trash; refused while another one has its name."""
    try:
        with transaction.atomic():
            SavedList.objects.filter(pk=saved.pk).update(deleted_at=None)
    except IntegrityError as why:
        raise _taken(saved.name) from why


def items_of(saved: SavedList) -> Sequence[SavedListItem]:
    """The lines in their order. One statement."""
    return list(saved.items.order_by("position", "id"))


def _clean(name: str) -> str:
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise OrderRefused(_("Give the list a name."), code="name", field="name")
    if len(name) > LONGEST_NAME:
        raise OrderRefused(_("A name has at most %d characters.") % LONGEST_NAME, code="name", field="name")
    return name


def _taken(name: str) -> OrderRefused:
    return OrderRefused(_("You have a list called “%s” already.") % name, code="name", field="name")


def _lock(saved: SavedList) -> None:
    if not SavedList.objects.select_for_update(of=("self",)).filter(pk=saved.pk, deleted_at=None).exists():
        raise OrderRefused(_("This list was deleted meanwhile."), code="deleted")


def _execute(sql: str, values: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)
