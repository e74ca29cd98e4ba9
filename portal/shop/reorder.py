"""What was ordered or kept before, beside what it comes to today: told line by line before anything is in the cart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from dealers.accounts.models import Dealer
from fulfilment.ordering.models import DealerOrder, DealerOrderLine
from fulfilment.ordering.savedmodels import SavedListItem
from fulfilment.stock.take import available
from portal.components.formats import format_amount, format_quantity
from portal.components.promotions import PromotionShown, promotions_shown
from portal.components.surcharges import SurchargeShown, line_surcharges
from portal.shop.rows import Label, labels_for, named, pictures_of
from pricing.catalogue.models import Unit
from pricing.quote import assortment, quote
from pricing.replaced import replaced_for


@dataclass(frozen=True)
class Wish:
    """A line of then: what it was called, how many, and what a sales unit cost (None when nothing was paid).

    `packed_in` is the carton or pallet it was ordered in.
    """

    key: str
    product_id: int | None
    sku: str
    name: str
    quantity: int
    unit_price: Decimal | None = None
    unit: str = ""
    note: str = ""
    packed_in: str = ""


@dataclass(frozen=True)
class Difference:
    """A line of then and now. `quantity` is what goes into the cart, 0 for nothing; `offered` is the product it is of.

    `net_amount` is after `promotion`, `full_amount` before it; `surcharges` come on top. `price_change` is now less
    then; `told` says everything that is not as it was, `bad` whether less than was wished can be had.
    """

    wish: Wish
    offered: Label | None = None
    picture: str = ""
    quantity: int = 0
    unit_price: Decimal | None = None
    net_amount: Decimal | None = None
    price_change: Decimal | None = None
    told: tuple[str, ...] = ()
    bad: bool = False
    full_amount: Decimal | None = None
    promotion: PromotionShown | None = None
    surcharges: tuple[SurchargeShown, ...] = ()

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.told

    @property
    def dearer(self) -> bool:
        """Whether a unit costs more than then."""
        return self.price_change is not None and self.price_change > 0


def wishes_of_order(order: DealerOrder) -> list[Wish]:
    """The lines of an order; the same product on several lines adds up at its first. One statement."""
    found: dict[str, Wish] = {}
    for line in DealerOrderLine.objects.filter(order=order).select_related("line").order_by("position"):
        product_id = line.line.product_id
        key = str(product_id) if product_id else f"x{line.position}"
        if key in found:
            packed_in = line.ordered_unit if line.ordered_unit == found[key].packed_in else ""
            found[key] = replace(found[key], quantity=found[key].quantity + line.quantity, packed_in=packed_in)
            continue
        found[key] = Wish(
            key,
            product_id,
            line.sku,
            line.display_name,
            line.quantity,
            line.unit_price,
            line.unit,
            line.note,
            line.ordered_unit,
        )
    return list(found.values())


def wishes_of_list(items: Iterable[SavedListItem]) -> list[Wish]:
    """The lines of a saved list."""
    return [
        Wish(
            str(item.product_id) if item.product_id else f"x{item.pk}",
            item.product_id,
            item.sku,
            item.name,
            item.quantity,
            note=item.note,
        )
        for item in items
    ]


def differences(dealer: Dealer, wishes: Sequence[Wish], in_cart: Mapping[int, int]) -> list[Difference]:
    """Each line as it can be had today, in a constant number of statements.

    Never more than is left beside what the cart holds already; what is gone is offered by its replacement.
    """
    asked = [wish.product_id for wish in wishes if wish.product_id is not None]
    known = {product.pk: product for product in named(assortment(dealer, among=asked))}
    instead = replaced_for(dealer, [pk for pk in asked if pk not in known])
    if instead:
        known |= {product.pk: product for product in named(assortment(dealer, among=instead.values()))}
    labels = labels_for(dealer, known.values())
    left = available(list(labels))
    pictures = pictures_of(known.values())
    free = {pk: left.get(pk, 0) - in_cart.get(pk, 0) for pk in labels}
    found = [_offer(wish, labels, instead, free) for wish in wishes]
    quoted = quote(dealer, [(line.offered.pk, line.quantity) for line in found if line.offered and line.quantity])
    prices = {line.product_id: line for line in quoted.lines}
    done = []
    for line in found:
        if line.offered is None:
            done.append(line)
            continue
        priced = prices.get(line.offered.pk)
        line = replace(line, picture=pictures.get(line.offered.pk, ""))
        if priced is not None:
            line = _priced(line, priced.unit_price, priced.net_amount)
            line = replace(line, surcharges=line_surcharges(priced.surcharges, dealer.currency))
            if priced.deal and line.net_amount is not None:
                promotion = promotions_shown((priced.deal,), dealer.currency)[0]
                line = replace(line, full_amount=priced.full_amount, promotion=promotion)
        done.append(line)
    return done


def _offer(wish: Wish, labels: Mapping[int, Label], instead: Mapping[int, int], free: dict[int, int]) -> Difference:
    """What is offered for a wish. It is taken from `free`, so that two wishes do not get the same goods."""
    product_id = wish.product_id
    label = labels.get(product_id) if product_id else None
    told = []
    if label is None and product_id is not None and product_id in instead:
        label = labels[instead[product_id]]
        told.append(_("%(old)s is replaced by %(new)s.") % {"old": wish.sku, "new": label.sku})
    if label is None:
        return Difference(wish, told=(_("%s is no longer available to you.") % wish.sku,), bad=True)
    quantity = label.pack.fitted(wish.quantity)
    left = free[label.pk]
    if quantity > left:
        quantity = label.pack.within(left)
    if quantity < label.smallest:
        return Difference(wish, label, told=(*told, _("%s is out of stock.") % label.sku), bad=True)
    if quantity != wish.quantity:
        told.append(_why(label, quantity, wish.quantity, left))
    if wish.unit and Unit.word(wish.unit) != label.unit:
        told.append(
            _("It was sold by the %(then)s, now by the %(now)s.") % {"then": Unit.word(wish.unit), "now": label.unit}
        )
    free[label.pk] = left - quantity
    return Difference(wish, label, quantity=quantity, told=tuple(told), bad=quantity < wish.quantity)


def _why(label: Label, quantity: int, wanted: int, left: int) -> str:
    numbers = {"now": quantity, "then": wanted, "multiple": label.multiple}
    words = {name: format_quantity(number) for name, number in numbers.items()} | {"sku": label.sku}
    if quantity > wanted and label.multiple > 1:
        return _("%(sku)s: %(now)s instead of %(then)s, because it is sold in packs of %(multiple)s.") % words
    if quantity > wanted:
        return _("%(sku)s: %(now)s instead of %(then)s, the least in one order.") % words
    if quantity == label.maximum and left >= wanted:
        return _("%(sku)s: %(now)s instead of %(then)s, the most in one order.") % words
    return _("%(sku)s: %(now)s instead of %(then)s, because only so many are left.") % words


def _priced(line: Difference, price: Decimal | None, net: Decimal | None) -> Difference:
    then = line.wish.unit_price
    if price is None:
        told = (*line.told, _("There is no price for you at this quantity. Ask your sales rep."))
        return replace(line, quantity=0, told=told, bad=True)
    line = replace(line, unit_price=price, net_amount=net)
    if then is None or then == price:
        return line
    words = {"sku": line.offered.sku if line.offered else "", "now": format_amount(price), "then": format_amount(then)}
    told = (*line.told, _("%(sku)s now costs %(now)s (then %(then)s).") % words)
    return replace(line, price_change=price - then, told=told)


def chosen(found: Sequence[Difference], keys: Collection[str] | None) -> dict[int, int]:
    """`product id → quantity` of the lines that were accepted (all that can be had when `keys` is None)."""
    wanted: dict[int, int] = {}
    for line in found:
        if line.offered is not None and line.quantity and (keys is None or line.wish.key in keys):
            wanted[line.offered.pk] = wanted.get(line.offered.pk, 0) + line.quantity
    return wanted


def notes_of(found: Sequence[Difference], wanted: Mapping[int, int]) -> dict[int, str]:
    """The notes that come along with what was accepted."""
    return {
        line.offered.pk: line.wish.note
        for line in found
        if line.offered is not None and line.offered.pk in wanted and line.wish.note
    }


def units_of_wishes(found: Sequence[Difference], wanted: Mapping[int, int]) -> dict[int, str]:
    """The cartons and pallets that what was accepted was ordered in; a replacement may be packed otherwise."""
    return {
        line.offered.pk: line.wish.packed_in
        for line in found
        if line.offered is not None
        and line.offered.pk in wanted
        and line.offered.pk == line.wish.product_id
        and line.wish.packed_in
    }
