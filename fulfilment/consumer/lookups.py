"""What an order names and we know: products, pickup outlets, places; each looked up once for all orders of a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q
from oscar.core.loading import get_model

from dealers.accounts.models import Outlet
from dealers.sentences import worded as _
from fulfilment.consumer.checks import MOST_LINES, storable
from fulfilment.consumer.data import FieldProblem, OrderData
from fulfilment.consumer.models import Channel, ChannelSku
from fulfilment.consumer.places import Located, locate, postcode_key

Product = get_model("catalogue", "Product")


@dataclass(frozen=True)
class KnownProduct:
    """A product as an order line keeps it."""

    pk: int
    sku: str
    name: str
    name_zh: str


class Lookups:
    """Answers for the orders it was made with. At most four statements, and two more for the places."""

    def __init__(self, channel: Channel, orders: Sequence[OrderData]) -> None:
        small = [order for order in orders if len(order.lines) <= MOST_LINES]
        skus = {line.sku for order in small for line in order.lines if line.sku and storable(line.sku)}
        outlets = {order.pickup_outlet for order in orders if order.method != "delivery" and order.pickup_outlet}
        self._products = _products(channel, skus) if skus else {}
        self._outlets = _outlets({name for name in outlets if storable(name)})
        self._places: dict[int, Located | None] = {}

    def problems(self, order: OrderData) -> list[FieldProblem]:
        """The SKUs and the outlet that nobody knows."""
        found = []
        if len(order.lines) <= MOST_LINES:
            for index, line in enumerate(order.lines):
                if line.sku not in self._products:
                    text = _("There is no product %(sku)s.") % {"sku": line.sku[:100]} if line.sku else _("Name a SKU.")
                    found.append(FieldProblem(f"lines[{index}].sku", "unknown_sku", text))
        if order.method != "delivery" and order.pickup_outlet and order.pickup_outlet not in self._outlets:
            text = _("There is no active outlet %(outlet)s.") % {"outlet": order.pickup_outlet[:110]}
            found.append(FieldProblem("pickup_outlet", "unknown_outlet", text))
        return found

    def find_places(self, orders: Sequence[OrderData]) -> None:
        """Look up where the orders go."""
        wanted = [order for order in orders if order.method == "delivery"]
        found = locate([order.address for order in wanted])
        self._places = {id(order): place for order, place in zip(wanted, found, strict=True)}

    def product(self, sku: str) -> KnownProduct:
        """The product that the channel means."""
        return self._products[sku]

    def outlet(self, order: OrderData) -> Outlet | None:
        """Where the consumer comes to get the goods."""
        return self._outlets.get(order.pickup_outlet) if order.method != "delivery" else None

    def place(self, order: OrderData) -> Located | None:
        """Where the goods go: the address, or the outlet they are fetched at."""
        outlet = self.outlet(order)
        if outlet is not None and outlet.latitude is not None and outlet.longitude is not None:
            code = postcode_key(outlet.country, outlet.postal_code)
            return Located(outlet.latitude, outlet.longitude, code, "table")
        return self._places.get(id(order))

    def area_code(self, order: OrderData) -> str:
        """The area of an order of which nobody knows the place."""
        return order.address.area_code or postcode_key(order.address.country, order.address.postal_code)


def _products(channel: Channel, skus: set[str]) -> dict[str, KnownProduct]:
    """By the channel's SKU: what the channel's own table says, else the product of that SKU. Two statements."""
    mapped = dict(ChannelSku.objects.filter(channel=channel, sku__in=skus).values_list("sku", "product_id"))
    meant = Q(upc__in=skus - set(mapped)) | Q(pk__in=mapped.values())
    rows = (
        Product.objects.filter(meant)
        .exclude(structure=Product.PARENT)
        .values_list("pk", "upc", "title", "parent__title", "card__name_zh")
    )
    by_id = {
        pk: KnownProduct(pk, upc or "", title or parent or "", name_zh or "")
        for pk, upc, title, parent, name_zh in rows
    }
    by_sku = {product.sku: product for product in by_id.values() if product.sku in skus and product.sku not in mapped}
    return by_sku | {sku: by_id[pk] for sku, pk in mapped.items() if pk in by_id}


def _outlets(names: set[str]) -> dict[str, Outlet]:
    """Active outlets of active dealers by `dealer number/outlet code`; the code is what follows the last slash."""
    pairs = {name: (name.rpartition("/")[0], name.rpartition("/")[2]) for name in names}
    if not pairs:
        return {}
    numbers = {number for number, _code in pairs.values()}
    found = Outlet.objects.filter(dealer__number__in=numbers, dealer__is_active=True, is_active=True)
    by_pair = {(outlet.dealer.number, outlet.code): outlet for outlet in found.select_related("dealer")}
    return {name: by_pair[pair] for name, pair in pairs.items() if pair in by_pair}
