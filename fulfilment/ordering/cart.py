"""The cart a user fills at a dealer. Oscar's basket tables hold it; we fill them in sets, never line by line.

Every change locks the cart's row first, so that colleagues who share one change it one after the other; what they
did not see of each other is told at the line by its version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Case, IntegerField, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, User
from fulfilment.ordering.cartrows import ADDED, SET, delete_lines, write_lines, write_seen, write_terms
from fulfilment.ordering.lines import MAX_QUANTITY, grouped, quantity_message, visible
from fulfilment.ordering.models import CartLine, DealerCart
from fulfilment.ordering.problems import LineProblem, OrderRefused
from pricing.quote import QuotedLine, quote

Basket = get_model("basket", "Basket")
BasketLine = get_model("basket", "Line")

MAX_LINES = 5_000
LONGEST_NOTE = 500


@dataclass(frozen=True)
class CartEntry:
    """A line of a cart as it is kept: quantity in sales units, `shown_price` per sales unit as last seen.

    `unit` is the carton or pallet it was entered in, empty for the sales unit.
    """

    product_id: int
    quantity: int
    version: int = 0
    note: str = ""
    requested_date: date | None = None
    shown_price: Decimal | None = None
    shown_at: datetime | None = None
    unit: str = ""


def open_cart(user: User, dealer: Dealer) -> DealerCart:
    """The user's current cart at the dealer, made when there is none. Safe when two requests ask at once."""
    cart = find_cart(user, dealer)
    if cart is not None:
        return cart
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        cart = find_cart(user, dealer)
        if cart is None:
            cart = make_cart(user, dealer)
    return cart


def make_cart(user: User, dealer: Dealer, name: str = "") -> DealerCart:
    """A new empty cart; refuses a name that the owner uses for another open one."""
    try:
        with transaction.atomic():
            basket = Basket.objects.create(owner=user, status=Basket.OPEN)
            return DealerCart.objects.create(basket=basket, dealer=dealer, user=user, name=name)
    except IntegrityError as why:
        raise OrderRefused(_("You have a cart called “%s” already.") % (name or _("Cart")), code="name") from why


def find_cart(user: User, dealer: Dealer) -> DealerCart | None:
    """The cart the user fills at the dealer: the one they chose, else their plain one, if there is one."""
    chosen = Q(current_for__user=user, current_for__dealer=dealer)
    rank = Case(When(chosen, then=Value(0)), default=Value(1), output_field=IntegerField())
    carts = DealerCart.objects.for_buyer(user, dealer).filter(chosen | Q(user=user, name=""))
    return carts.order_by(rank, "pk").first()


def quantities(cart: DealerCart) -> dict[int, int]:
    """`product id → quantity` in the order the lines were added. One statement."""
    lines = BasketLine.objects.filter(basket=cart.basket_id).order_by("pk")
    return dict(lines.values_list("product_id", "quantity"))


def entries(cart: DealerCart) -> dict[int, CartEntry]:
    """`product id → line` in the order the lines were added. One statement."""
    lines = BasketLine.objects.filter(basket=cart.basket_id).order_by("pk")
    found = lines.values_list(
        "product_id",
        "quantity",
        "dealer_line__version",
        "dealer_line__note",
        "dealer_line__requested_date",
        "dealer_line__shown_price",
        "dealer_line__shown_at",
        "dealer_line__unit",
    )
    return {
        product_id: CartEntry(product_id, quantity, version or 0, note or "", day, price, at, unit or "")
        for product_id, quantity, version, note, day, price, at, unit in found
    }


def add_to_cart(
    cart: DealerCart, wanted: Mapping[int, int], *, units: Mapping[int, str] | None = None, by: User | None = None
) -> int:
    """Add quantities to what is in the cart; returns how many lines were written. Any number costs the same.

    Products that the dealer may not see are refused together, before anything is written. `by` is who does it, the
    cart's owner unless told otherwise. `units` says in which packing units they were entered, where it was one: the
    quantities are in sales units all the same. A line to which another unit is added counts in sales units then.
    """
    if not wanted:
        return 0
    with transaction.atomic():
        _require_open(cart)
        kept = entries(cart)
        said = {pk: (units or {}).get(pk, "") for pk in wanted}
        return _write(cart, kept, wanted, ADDED, by, {pk: _unit_of_sum(kept.get(pk), said[pk]) for pk in wanted})


def set_quantities(
    cart: DealerCart,
    wanted: Mapping[int, int],
    *,
    seen: Mapping[int, int] | None = None,
    units: Mapping[int, str] | None = None,
    by: User | None = None,
) -> list[LineProblem]:
    """Set quantities; 0 removes the line. `seen` are the versions of the lines the person looked at, `units` the
    packing units the quantities were entered in (empty for the sales unit); lines without stay in theirs.

    A line that somebody changed since is left as it is and answered with code `stale` and who changed it to what; all
    others are written.
    """
    with transaction.atomic():
        _require_open(cart)
        kept = entries(cart)
        stale = _stale(cart, kept, seen or {}, wanted)
        agreed = {pk: quantity for pk, quantity in wanted.items() if pk not in stale}
        gone = [product_id for product_id, quantity in agreed.items() if quantity == 0]
        if gone:
            delete_lines(cart.basket_id, gone)
            kept = {pk: entry for pk, entry in kept.items() if pk not in set(gone)}
        left = {product: quantity for product, quantity in agreed.items() if quantity}
        before = {pk: kept[pk].unit for pk in left if pk in kept}
        _write(cart, kept, left, SET, by, before | dict(units or {}))
        if gone:
            _touch(cart)
    return list(stale.values())


def set_line_terms(cart: DealerCart, terms: Mapping[int, tuple[str, date | None]]) -> None:
    """Set `product id → (note, requested date)`; products that are not in the cart are left out. One statement."""
    if any(len(note) > LONGEST_NOTE for note, _day in terms.values()):
        raise OrderRefused(_("A note has at most %d characters.") % LONGEST_NOTE, code="note")
    with transaction.atomic():
        _require_open(cart)
        write_terms(cart.basket_id, {pk: (note.strip(), day) for pk, (note, day) in terms.items()})
        _touch(cart)


def confirm_prices(cart: DealerCart, product_ids: set[int] | None = None) -> int:
    """The dealer has seen today's prices of all lines or these; answers how many had changed."""
    with transaction.atomic():
        _require_open(cart)
        quoted = quote(cart.dealer, list(quantities(cart).items()))
        prices = {
            line.product_id: line.unit_price
            for line in quoted.lines
            if line.unit_price is not None and (product_ids is None or line.product_id in product_ids)
        }
        return write_seen(cart.basket_id, prices)


def clear_cart(cart: DealerCart) -> None:
    """Remove every line."""
    with transaction.atomic():
        _require_open(cart)
        delete_lines(cart.basket_id)
        _touch(cart)


def _unit_of_sum(entry: CartEntry | None, unit: str) -> str:
    return unit if entry is None or entry.unit == unit else ""


def _stale(
    cart: DealerCart, kept: Mapping[int, CartEntry], seen: Mapping[int, int], wanted: Mapping[int, int]
) -> dict[int, LineProblem]:
    """The lines whose version is no longer the one that was seen. One more statement only when there are any."""
    changed = {pk for pk in wanted if pk in seen and pk in kept and kept[pk].version != seen[pk]}
    # Who asks for what is there by now, was not overtaken.
    changed -= {pk for pk in changed if kept[pk].quantity == wanted[pk]}
    removed = {pk for pk in wanted if pk in seen and pk not in kept}
    who = _changed_by(cart, changed) if changed else {}
    told = {pk: _changed_message(who.get(pk, ""), kept[pk].quantity) for pk in wanted if pk in changed}
    text = _("This line was removed meanwhile.")
    told |= {pk: text for pk in wanted if pk in removed}
    return {pk: LineProblem(pk, "stale", message) for pk, message in told.items()}


def _changed_message(name: str, quantity: int) -> str:
    if not name:
        return _("This was changed to %s meanwhile.") % grouped(quantity)
    return _("%(name)s changed this to %(quantity)s meanwhile.") % {"name": name, "quantity": grouped(quantity)}


def _changed_by(cart: DealerCart, product_ids: set[int]) -> dict[int, str]:
    sides = CartLine.objects.filter(line__basket=cart.basket_id, line__product__in=product_ids)
    found = sides.select_related("changed_by", "line").only("changed_by", "line__product_id")
    return {side.line.product_id: side.changed_by.get_full_name() for side in found if side.changed_by}


def _write(
    cart: DealerCart,
    kept: Mapping[int, CartEntry],
    wanted: Mapping[int, int],
    change: str,
    by: User | None,
    units: Mapping[int, str],
) -> int:
    if not wanted:
        return 0
    if any(not 1 <= quantity <= MAX_QUANTITY for quantity in wanted.values()):
        raise OrderRefused(quantity_message(), code="quantity")
    new = [pk for pk in wanted if pk not in kept]
    now, before = _quoted(cart, kept, wanted, change)
    if new and visible(cart.dealer, [now[pk] for pk in new]).count() < len(new):
        raise OrderRefused(_("A product is not available to you. Nothing was added."), code="not_available")
    if len(kept) + len(new) > MAX_LINES:
        raise OrderRefused(_("A cart holds at most %s lines. Send this one first.") % grouped(MAX_LINES), code="lines")
    written = write_lines(
        cart.basket_id,
        wanted,
        [_price_seen(kept.get(pk), now[pk], before.get(pk)) for pk in wanted],
        [units.get(pk, "") for pk in wanted],
        change=change,
        currency=cart.dealer.currency,
        limit=MAX_QUANTITY,
        by_id=by.pk if by else cart.user_id,
    )
    if written != len(wanted):
        raise OrderRefused(_("A product is not available to you. Nothing was added."), code="not_available")
    _touch(cart)
    return written


def _quoted(
    cart: DealerCart, kept: Mapping[int, CartEntry], wanted: Mapping[int, int], change: str
) -> tuple[dict[int, QuotedLine], dict[int, QuotedLine]]:
    """One quote: each line at its new quantity and, where it is in the cart, at the old one."""
    old = {pk: kept[pk] for pk in wanted if pk in kept}
    target = {
        pk: min(quantity + (old[pk].quantity if change == ADDED and pk in old else 0), MAX_QUANTITY)
        for pk, quantity in wanted.items()
    }
    quoted = quote(cart.dealer, [*target.items(), *((pk, entry.quantity) for pk, entry in old.items())]).lines
    by_product = [{line.product_id: line for line in part} for part in (quoted[: len(target)], quoted[len(target) :])]
    return by_product[0], by_product[1]


def _price_seen(entry: CartEntry | None, now: QuotedLine, before: QuotedLine | None) -> Decimal | None:
    """The unit price that whoever changes a line sees with it; a change not confirmed yet is kept to be told."""
    if entry is not None and before is not None and entry.shown_price not in (None, before.unit_price):
        return entry.shown_price
    return now.unit_price


def _touch(cart: DealerCart) -> None:
    DealerCart.objects.filter(pk=cart.pk).update(updated_at=timezone.now())


def _require_open(cart: DealerCart) -> None:
    """Lock the cart; one that was sent or deleted meanwhile is not changed any more."""
    locked = DealerCart.objects.select_for_update(of=("self",)).filter(pk=cart.pk).first()
    if locked is None or not locked.is_open:
        raise OrderRefused(_("This cart has been sent as an order. Start a new one."), code="sent")
    if locked.deleted_at is not None:
        raise OrderRefused(_("This cart was deleted meanwhile. Choose another one."), code="deleted")
