"""The demo company's consumer orders: two online channels, dealers who fulfil, and orders at every step of the way.

Everything happens through the functions that people and machines use. What happened in the past is then dated back as
a whole: the services know only now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.db.models import F
from django.utils import timezone
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, DealerRole, Membership, Outlet, User
from fulfilment.allocation import byhand, held, offers, routing, ruleedit, scores
from fulfilment.allocation.models import (
    Allocation,
    ConsumerCampaign,
    ConsumerContract,
    Decision,
    Offer,
    OfferState,
    OfferStep,
    ProtectedTerritory,
    ProtectionKind,
)
from fulfilment.allocation.situation import clock
from fulfilment.consumer.data import AddressData, ContactData, LineData, OrderData, body_hash
from fulfilment.consumer.models import Channel, ConsumerOrder, ConsumerStep
from fulfilment.consumer.receive import Bringer, receive
from fulfilment.handover import pickup
from fulfilment.handover.models import ConsumerParcel, ConsumerReturn, ReturnCause
from fulfilment.handover.parcels import send_parcel
from fulfilment.handover.returns import Back, take_back
from fulfilment.settlement.settling import settle_due
from fulfilment.stock import outlets
from fulfilment.stock.models import OutletStock
from portal.demo import shopping
from portal.demo.company.dealers import DEMO_DEALER
from portal.demo.fulfilling import Manner, furnish, make_channel
from portal.demo.shoppers import Good, Home, Shoppers
from portal.notifications.models import Mail
from pricing.landed import contract_prices

Product = get_model("catalogue", "Product")

CURRENCY = "CNY"
SEED = 2026
HANGZHOU, SHANGHAI = "3301", "31"
MALL, LIVE = "mall", "livestream"
CAMPAIGN = "HOUSEWARMING"
#: How many SKUs an outlet has, and from which list price on consumers order.
SKUS, WORTH_SENDING = 160, Decimal("150.00")
#: Orders of the past weeks, and for how many days back they reach.
PAST, DAYS_BACK = 24, 32
#: What a campaign's price is over the dealer's cost: too little to keep 18 %, and no more than 10 % to be added.
OVER_COST = Decimal("1.18")
CARRIERS = ("顺丰速运", "京东物流", "中通快递")
NAMES = ("陈思远", "王雨桐", "李嘉禾", "张若琳", "刘景行", "赵明月", "周子墨", "吴清扬")
STREETS = ("文三路", "南京西路", "湖墅南路", "中山北路", "学院路", "凤起路", "长乐路", "建国中路")
#: What the steps of the past are dated by, each with the path to its order.
DATED: tuple[tuple[Any, str, tuple[str, ...]], ...] = (
    (ConsumerOrder, "pk", ("received_at", "state_at")),
    (ConsumerStep, "order", ("at",)),
    (Decision, "order", ("at",)),
    (
        Offer,
        "order",
        ("sent_at", "seen_at", "expires_at", "remind_half_at", "remind_late_at", "answered_at", "ship_by"),
    ),
    (OfferStep, "offer__order", ("at",)),
    (
        Allocation,
        "order",
        ("state_at", "accepted_at", "packed_at", "sent_at", "completed_at", "payable_on", "cancelled_at"),
    ),
    (ConsumerParcel, "allocation__order", ("sent_at",)),
    (ConsumerReturn, "allocation__order", ("at",)),
)


def load(today: date, say: Callable[[str], None]) -> None:
    """Consumer orders as of a day, once: where there are any, nothing happens. Nobody is mailed about them."""
    if ConsumerOrder.objects.exists():
        return
    now = timezone.now()
    say("Letting consumers order online …")
    every = shopping.goods_for_sale()
    furnish(Manner(CURRENCY, every, seed=SEED, skus=SKUS), now)
    goods = _worth_sending(shopping.goods_of_portal(CURRENCY))
    _agreements(today)
    mall = make_channel(MALL, "云雀原商城 Larkmoor Mall", CURRENCY)
    make_channel(LIVE, "直播间 Livestream", CURRENCY)
    campaign = _campaign(today)
    _draft()
    people = [replace(home, contact=_person(place)) for place, home in enumerate(shopping.homes_of_portal(CURRENCY))]
    _past(mall, goods, people, now)
    settle_due(today)
    scores.refresh(clock())
    _now(mall, people, campaign, now, say)
    Mail.objects.all().delete()


def _worth_sending(goods: Sequence[Good]) -> list[Good]:
    """What leaves enough after freight that dealers far away can be asked."""
    return [good for good in goods if good.price >= WORTH_SENDING]


def _agreements(today: date) -> None:
    """The demo dealer's town is its own, a large dealer is first in Shanghai; one dealer need not be asked."""
    dealers = Dealer.objects.in_bulk([DEMO_DEALER, "1003", "1010"], field_name="number")
    since = today - timedelta(days=120)
    for number, protection, area in (
        (DEMO_DEALER, ProtectionKind.EXCLUSIVE, HANGZHOU),
        ("1003", ProtectionKind.PRIMARY, SHANGHAI),
    ):
        ProtectedTerritory.objects.create(
            dealer=dealers[number], protection=protection, area_code=area, valid_from=since
        )
    ConsumerContract.objects.filter(dealer=dealers["1010"]).update(auto_accept=True)


def _campaign(today: date) -> ConsumerCampaign:
    return ConsumerCampaign.objects.create(
        code=CAMPAIGN,
        name="乔迁季 Housewarming",
        currency=CURRENCY,
        valid_from=today - timedelta(days=10),
        valid_until=today + timedelta(days=50),
        budget=Decimal("3000.00"),
    )


def _draft() -> None:
    """Rules somebody works on: nearer shops race, and orders are never split."""
    draft = ruleedit.copy_live("Fewer parcels 少拆单", by=None, note="少拆单试算 (try: no splits)")
    for rule in draft.rules.order_by("position"):
        rule.split, rule.parcels = False, 1
        ruleedit.save_rule(rule, by=None)


def _person(place: int) -> ContactData:
    name = NAMES[place % len(NAMES)]
    street = f"{STREETS[place % len(STREETS)]} {place % 180 + 1} 号"
    return ContactData(name, f"1380000{place % 10_000:04d}", f"consumer-{place}@consumers.example", street)


# The past weeks


def _past(channel: Channel, goods: Sequence[Good], people: Sequence[Home], now: datetime) -> None:
    """Orders that consumers have by now, or that are on their way; some declined first, some came back in part."""
    stream = Shoppers(SEED, CURRENCY, goods, people)
    for place in range(1, PAST + 1):
        ago = timedelta(days=DAYS_BACK - place * (DAYS_BACK - 1) / PAST, hours=place % 9)
        order = _brought(channel, stream.order(place, now - ago))
        routing.allocate(order.pk)
        _answered(order, decline_first=place % 6 == 0)
        parcels = [_sent(allocation) for allocation in _held(order)]
        if ago > timedelta(days=2):
            for allocation in parcels:
                held.complete(allocation.pk, by=None)
        if place % 8 == 3:
            _some_back(parcels[:1])
        _date_back([order.pk], ago)


def _answered(order: ConsumerOrder, *, decline_first: bool) -> None:
    """Dealers answer until nobody is asked any more."""
    while offer := Offer.objects.filter(order=order, state=OfferState.SENT).order_by("pk").first():
        who = _somebody_at(offer.dealer_id)
        if decline_first:
            offers.decline(offer.pk, by=who, reason="capacity", note="今天发不出 (cannot send today)")
            routing.allocate(order.pk)
            decline_first = False
        else:
            offers.accept(offer.pk, by=who)


def _sent(allocation: Allocation) -> Allocation:
    who = _somebody_at(allocation.dealer_id)
    held.pack(allocation.pk, by=who)
    lines = list(allocation.lines.values_list("pk", flat=True))
    if allocation.order.method == "delivery":
        carrier, number = CARRIERS[allocation.pk % len(CARRIERS)], f"SF{1_400_000_000 + allocation.pk * 7919}"
        send_parcel(
            allocation.pk, lines, by=who, key=_key(allocation, "parcel"), carrier=carrier, tracking_number=number
        )
    else:
        pickup.hand_over(allocation.outlet_id, pickup.issue(allocation.pk).code, by=who)
    return allocation


def _some_back(allocations: Sequence[Allocation]) -> None:
    for allocation in allocations:
        line = allocation.lines.order_by("pk").first()
        if line is not None:
            who = _somebody_at(allocation.dealer_id)
            back = [Back(line.pk, 1)]
            take_back(allocation.pk, back, cause=ReturnCause.WITHDRAWAL, by=who, key=_key(allocation, "return"))


def _date_back(order_ids: Sequence[int], ago: timedelta) -> None:
    """Let everything of orders have happened so long ago."""
    for model, path, names in DATED:
        moved: Any = {name: F(name) - ago for name in names}
        model.objects.filter(**{f"{path}__in": order_ids}).update(**moved)


# What is going on now


def _now(
    channel: Channel, people: Sequence[Home], campaign: ConsumerCampaign, now: datetime, say: Callable[[str], None]
) -> None:
    """In the demo dealer's town offers wait, orders are to be packed, sent and fetched; and what staff look at."""
    outlet = Outlet.objects.filter(dealer__number=DEMO_DEALER).order_by("code")[0]
    near = [home for home in people if home.address.area_code.startswith(HANGZHOU)] or list(people)
    goods = _in_stock(outlet)
    stream = replace(Shoppers(SEED + 1, CURRENCY, goods, near), counters=())
    steps: tuple[Callable[[ConsumerOrder], object], ...] = (
        *[lambda order: None] * 4,
        *[_accepted] * 2,
        *[_packed] * 2,
        *[_on_its_way] * 2,
    )
    for place, go_on in enumerate(steps, start=1):
        order = _brought(channel, stream.order(place, now - timedelta(hours=len(steps) - place)))
        routing.allocate(order.pk)
        go_on(order)
    (best, *_others) = _in_stock(outlet)
    alone = LineData(best.sku, 1, gross=best.price, paid=best.price)
    fetched = replace(stream.order(50, now), lines=(alone,), total=best.price, freight=Decimal("0.00"))
    _to_be_fetched(channel, fetched, outlet, say)
    _of_campaign(channel, stream.order(60, now), campaign, outlet)
    _out_of_reach(channel, stream.order(70, now))
    _nowhere(channel, stream.order(80, now))
    _of_the_warehouse(channel, stream.order(90, now))


def _in_stock(outlet: Outlet) -> list[Good]:
    """What an outlet has several pieces of and its dealer may buy, most first."""
    skus = dict(OutletStock.objects.filter(outlet=outlet).values_list("product", "product__upc"))
    left = outlets.available([(outlet.pk, product) for product in skus])
    bought = contract_prices([outlet.dealer_id], skus, day=timezone.localdate())
    pieces = {skus[pk]: free for (_outlet, pk), free in left.items() if (outlet.dealer_id, pk) in bought and free >= 3}
    goods = [good for good in _worth_sending(shopping.goods_of_portal(CURRENCY)) if good.sku in pieces]
    return sorted(goods, key=lambda good: (-pieces[good.sku], good.sku))


def _accepted(order: ConsumerOrder) -> None:
    _answered(order, decline_first=False)


def _packed(order: ConsumerOrder) -> None:
    _accepted(order)
    for allocation in _held(order):
        held.pack(allocation.pk, by=_somebody_at(allocation.dealer_id))


def _on_its_way(order: ConsumerOrder) -> None:
    _accepted(order)
    for allocation in _held(order):
        _sent(allocation)


def _to_be_fetched(channel: Channel, data: OrderData, outlet: Outlet, say: Callable[[str], None]) -> None:
    """Packed, and the consumer has the code."""
    name = f"{outlet.dealer.number}/{outlet.code}"
    order = _brought(channel, replace(data, method="pickup", pickup_outlet=name))
    routing.allocate(order.pk)
    _packed(order)
    for allocation in _held(order):
        code = pickup.issue(allocation.pk).code
        say(f"Pickup code of {order.external_number} at outlet {name}: {code}")


def _of_campaign(channel: Channel, data: OrderData, campaign: ConsumerCampaign, outlet: Outlet) -> None:
    """So cheap that the demo dealer would keep too little: the supplier adds to it, out of the campaign's budget."""
    products = dict(Product.objects.filter(upc__in=[line.sku for line in data.lines]).values_list("upc", "pk"))
    costs = contract_prices([outlet.dealer_id], products.values(), day=timezone.localdate())
    tax = 1 + outlet.dealer.tax_percent / 100
    lines = tuple(
        _at(line, costs[outlet.dealer_id, products[line.sku]] * tax * line.quantity * OVER_COST) for line in data.lines
    )
    goods = sum((line.paid for line in lines), Decimal(0))
    data = replace(data, lines=lines, total=goods + data.freight, campaign_code=campaign.code)
    routing.allocate(_brought(channel, data).pk)


def _out_of_reach(channel: Channel, data: OrderData) -> None:
    """Further away than anybody sends: it lies in the backlog."""
    kashgar = AddressData("CN", region="新疆维吾尔自治区", city="喀什地区", district="喀什市", area_code="653101",
                          latitude=Decimal("39.467861"), longitude=Decimal("75.988380"))  # fmt: skip
    routing.allocate(_brought(channel, replace(data, address=kashgar)).pk)


def _nowhere(channel: Channel, data: OrderData) -> None:
    """An address that nobody finds: a person has to look."""
    _brought(channel, replace(data, address=AddressData("CN", region="浙江", city="西湖边", district="断桥旁")))


def _of_the_warehouse(channel: Channel, data: OrderData) -> None:
    """Left by everybody, given to the supplier's own warehouse by hand."""
    lhasa = AddressData("CN", region="西藏自治区", city="拉萨市", district="城关区", area_code="540102",
                        latitude=Decimal("29.654838"), longitude=Decimal("91.140552"))  # fmt: skip
    order = _brought(channel, replace(data, address=lhasa))
    routing.allocate(order.pk)
    staff = User.objects.filter(staff_role="administrator").order_by("pk").first()
    left = list(order.left_lines.values_list("pk", flat=True))
    if staff is not None and left:
        byhand.to_warehouse(order.pk, left, by=staff, note="总仓发货 (from the central warehouse)")


def _at(line: LineData, amount: Decimal) -> LineData:
    paid = amount.quantize(Decimal("0.01"))
    return replace(line, gross=paid, paid=paid, discount_supplier=Decimal("0.00"))


def _brought(channel: Channel, data: OrderData) -> ConsumerOrder:
    return receive(channel, data, body_hash=body_hash(data), by=Bringer()).order


def _held(order: ConsumerOrder) -> list[Allocation]:
    return list(Allocation.objects.filter(order=order).select_related("order").order_by("pk"))


def _somebody_at(dealer_id: int) -> User:
    """Who works for a dealer: its administrator where it has one."""
    members = Membership.objects.filter(dealer=dealer_id).select_related("user").order_by("pk")
    found = [member for member in members if member.role == DealerRole.ADMINISTRATOR] or list(members)
    return found[0].user


def _key(allocation: Allocation, what: str) -> Any:
    return uuid5(NAMESPACE_URL, f"{what} {allocation.order.external_number} {allocation.pk}")
