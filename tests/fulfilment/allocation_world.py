"""A small world of rows for the tests of allocation: shops around Berlin, what they pay, and who may ask them.

The dealers are the reference's example: they pay 780.00 for `A`, sending a parcel costs 18.00, and they keep at least
18 % of what they earn net of tax. Shop 1 is the nearest. Amounts are euros, tax included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from dealers.accounts.models import Dealer, DealerRole, Membership, Outlet, StaffRole, Supplier, User
from fulfilment.allocation.models import (
    ConsumerCampaign,
    ConsumerContract,
    ConsumerTerms,
    DealerScore,
    OnlineTerms,
    OutletService,
    ProtectedMargin,
    ProtectedTerritory,
    ProtectionKind,
    RuleSet,
    RuleSetState,
    SourcingRule,
)
from fulfilment.consumer.data import AddressData, ContactData, LineData, OrderData, body_hash
from fulfilment.consumer.models import Channel, ConsumerOrder
from fulfilment.consumer.receive import Bringer, receive
from pricing.terms.models import PriceList
from tests.factories import give_list, make_dealer, make_product, make_user, set_price
from tests.fulfilment.consumer_samples import make_channel
from tests.fulfilment.outlet_samples import make_stock

AREA = "10115"
LATITUDE, LONGITUDE = Decimal("52.532000"), Decimal("13.385000")
KILOMETRES_PER_DEGREE = Decimal("111.195")
#: What dealers pay for a unit, and what consumers do when nothing else is said.
COST = {"A": Decimal("780.00"), "B": Decimal("300.00"), "C": Decimal("45.00")}
ASKED = {"A": Decimal("1099.00"), "B": Decimal("429.00"), "C": Decimal("69.00")}
#: The supplier keeps 90.00 of an `A`, net of tax.
SUPPLIER_COST = {"A": Decimal("600.27"), "B": Decimal("230.00"), "C": Decimal("30.00")}


@dataclass(frozen=True)
class Shop:
    """A dealer, its one outlet, and its administrator."""

    dealer: Dealer
    outlet: Outlet
    user: User


@dataclass(frozen=True)
class AllocationWorld:
    """What `make_allocation_world` made; `staff` is an administrator of the supplier."""

    channel: Channel
    shops: Sequence[Shop]
    products: dict[str, Any]
    terms: ConsumerTerms
    rule_set: RuleSet
    staff: User

    def key(self, shop: int = 1, sku: str = "A") -> tuple[int, int]:
        """The stock row of a shop, counted from 1, and a SKU."""
        return self.shops[shop - 1].outlet.pk, self.products[sku].pk


def make_allocation_world(shops: int = 3, *, stock: int = 10, **rule: Any) -> AllocationWorld:
    """So many shops, 5 km apart, each with so many of A, B and C, and one live rule that asks one after the other.

    `rule` are fields of that rule, as in `make_allocation_world(mode="competitive", offers=3)`.
    """
    Supplier.objects.get_or_create(pk=1, defaults={"name": "Northwind Kitchen"})
    price_list = PriceList.objects.create(code="ONLINE", name="Online dealers", currency="EUR", tax_included=True)
    products = {sku: _product(sku, price_list) for sku in COST}
    ProtectedMargin.objects.create(share=Decimal(18))
    terms = make_terms()
    rule_set = live_rules(rule)
    made = [make_shop(number, price_list, 5 * number) for number in range(1, shops + 1)]
    for shop in made:
        for product in products.values() if stock else ():
            make_stock(shop.outlet, product, stock, minutes_ago=1)
    staff = make_user("desk@supplier.example", "Dora", staff_role=StaffRole.ADMINISTRATOR)
    return AllocationWorld(make_channel(), made, products, terms, rule_set, staff)


def _product(sku: str, price_list: PriceList) -> Any:
    product = make_product(sku, f"Product {sku}")
    set_price(price_list, product, str(COST[sku]))
    OnlineTerms.objects.create(product=product, currency="EUR", supplier_cost=SUPPLIER_COST[sku])
    return product


def make_shop(number: int, price_list: PriceList, kilometres: int, **service: Any) -> Shop:
    """Dealer `S-1` with its outlet so far north of the consumer, always open, sending a parcel for 18.00."""
    dealer = make_dealer(f"S-{number}", f"Shop {number}")
    give_list(dealer, price_list)
    outlet = dealer.outlets.get()
    outlet.latitude, outlet.longitude = LATITUDE + kilometres / KILOMETRES_PER_DEGREE, LONGITUDE
    outlet.latitude = outlet.latitude.quantize(Decimal("0.000001"))
    outlet.postal_code = AREA
    outlet.save()
    ConsumerContract.objects.create(dealer=dealer, tier=1)
    fields = {"freight_fixed": Decimal("18.00"), "area_code": AREA, "hands_over": True, **service}
    OutletService.objects.create(outlet=outlet, **fields)
    DealerScore.objects.create(dealer=dealer)
    user = make_user(f"boss@s-{number}.example", f"Boss{number}")
    Membership.objects.create(user=user, dealer=dealer, role=DealerRole.ADMINISTRATOR)
    return Shop(dealer, outlet, user)


def make_terms(**fields: Any) -> ConsumerTerms:
    """The reference's rates, in force since yesterday: 13 % on goods, .6 % payment fee on the dealer, 2 % guide on the
    supplier, top-ups of at most 10 % of what was paid."""
    values = {
        "valid_from": timezone.now() - timedelta(days=1),
        "goods_tax": Decimal(13),
        "freight_tax": Decimal(9),
        "service_tax": Decimal(6),
        "top_up_tax": Decimal(13),
        "payment_fee": Decimal("0.6"),
        "guide": Decimal(2),
        "override": Decimal(3),
        "top_up_share": Decimal(10),
    }
    return ConsumerTerms.objects.create(**{**values, **fields})


def live_rules(*rules: dict[str, Any]) -> RuleSet:
    """A set of these rules, in order, live instead of the one that is."""
    now = timezone.now()
    RuleSet.objects.filter(state=RuleSetState.LIVE).update(state=RuleSetState.RETIRED, retired_at=now)
    rule_set = RuleSet.objects.create(name=f"Rules {now.isoformat()}", state=RuleSetState.LIVE, live_from=now)
    SourcingRule.objects.bulk_create(
        SourcingRule(
            rule_set=rule_set, position=place, **{"name": f"rule {place}", "on_exhausted": "backlog", **fields}
        )
        for place, fields in enumerate(rules, start=1)
    )
    return rule_set


def make_exclusive(shop: Shop, area_code: str = AREA, **fields: Any) -> ProtectedTerritory:
    """An area and all below it that is a shop's alone."""
    values = {"dealer": shop.dealer, "protection": ProtectionKind.EXCLUSIVE, "area_code": area_code}
    return ProtectedTerritory.objects.create(**{**values, **fields})


def make_campaign(code: str = "LAUNCH", budget: str = "100.00", **fields: Any) -> ConsumerCampaign:
    """A campaign in force, with so much for top-ups."""
    values = {"code": code, "name": code.title(), "currency": "EUR", "budget": Decimal(budget)}
    return ConsumerCampaign.objects.create(**{**values, **fields})


def of(sku: str = "A", quantity: int = 1, paid: str | None = None, **more: Any) -> LineData:
    """A line: so many of a SKU, for which the consumer paid this altogether, or what is asked."""
    amount = Decimal(paid) if paid is not None else ASKED[sku] * quantity
    return LineData(**{"sku": sku, "quantity": quantity, "gross": amount, "paid": amount, **more})


def order_of(number: str, *lines: LineData, **more: Any) -> OrderData:
    """An order from the middle of Berlin, placed a minute ago, without freight; one A when no lines are told."""
    wanted = lines or (of(),)
    freight = Decimal(more.pop("freight", 0))
    address = AddressData(country="DE", postal_code=AREA, city="Berlin", latitude=LATITUDE, longitude=LONGITUDE)
    values = {
        "external_number": number,
        "currency": "EUR",
        "placed_at": timezone.now() - timedelta(minutes=1),
        "lines": wanted,
        "freight": freight,
        "total": sum((each.paid for each in wanted), freight),
        "address": address,
        "contact": ContactData("Erika Muster", "+49 30 1234", "erika@example.org", "Ackerstr. 1"),
    }
    return OrderData(**{**values, **more})


def place_order(world: AllocationWorld, number: str = "W-1", *lines: LineData, **more: Any) -> ConsumerOrder:
    """An order taken in through the intake and ready to be allocated; `more` are fields of `OrderData`."""
    data = order_of(number, *lines, **more)
    return receive(world.channel, data, body_hash=body_hash(data), by=Bringer()).order
