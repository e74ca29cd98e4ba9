"""What consumers paid is what everybody got: by channel, by order, by campaign."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fulfilment.allocation import byhand
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.settlement import reconciling
from fulfilment.settlement.models import ConsumerEntry
from fulfilment.settlement.reading import DealerTotals, Share, shares_of, totals
from fulfilment.settlement.reconciling import Span
from fulfilment.settlement.settling import settle_due
from pricing.margins.settle import settle
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, make_campaign, of, place_order
from tests.fulfilment.settlement_samples import TERMS, accounts, at_price, complete, hand_to, sale, send_all, take_back


@pytest.fixture
def shops(db: None) -> AllocationWorld:
    return make_allocation_world()


def span(world: AllocationWorld | None = None) -> Span:
    now = timezone.now()
    return Span(now - dt.timedelta(days=1), now + dt.timedelta(days=1), world.channel.pk if world else None)


def whole(row: reconciling.Shared) -> bool:
    shared = row.dealers + row.owners + row.guides + row.fees + row.supplier
    return row.total == row.unsent + row.cancelled + row.returned + shared and row.kept == shared


def mixed(world: AllocationWorld) -> ConsumerOrder:
    """A sent by a dealer with an override and one unit back, B by the warehouse, C waiting; freight on all."""
    order = place_order(
        world, "W-1", of("A", 3, paid="2697.00"), of("B"), of("C"), freight=Decimal("17.00"), payment_fee=Decimal(20)
    )
    made = settle(sale(3 * 899_00, 3, freight_charged=14_35), TERMS)
    allocation = hand_to(world, order, {"A": made}, overrides=[(world.shops[2].dealer.pk, 71_60)])
    send_all(allocation)
    take_back(allocation)
    by_warehouse = order.lines.get(sku="B").pk
    byhand.to_warehouse(order.pk, [by_warehouse], by=world.staff)
    byhand.warehouse_sent(order.pk, [by_warehouse], by=world.staff)
    byhand.warehouse_sent(order.pk, [by_warehouse], by=world.staff)
    return order


def test_every_order_is_whole_to_the_cent(shops: AllocationWorld) -> None:
    mixed(shops)
    send_all(hand_to(shops, place_order(shops, "W-2"), {"A": at_price(1_099_00)}))
    place_order(shops, "W-3", of("C"))

    rows = {row.external_number: row for row in reconciling.orders(span(), limit=10)}

    assert list(rows) == ["W-3", "W-2", "W-1"]
    assert all(whole(row) for row in rows.values())
    assert [row.difference for row in rows.values()] == [0, 0, 0]
    first = rows["W-1"]
    assert (first.total, first.unsent, first.returned) == (3_212, Decimal("69.37"), Decimal("899.00"))
    assert (first.dealers, first.owners) == (Decimal("1901.23"), Decimal("47.73"))
    assert first.subsidies == Decimal("99.73")
    assert (rows["W-2"].dealers, rows["W-2"].fees, rows["W-2"].supplier) == (
        Decimal("1092.41"),
        Decimal("6.59"),
        Decimal("-19.45"),
    )
    assert rows["W-3"].unsent == rows["W-3"].total == 69


def test_a_channel_is_the_sum_of_its_orders(shops: AllocationWorld) -> None:
    mixed(shops)
    send_all(hand_to(shops, place_order(shops, "W-2"), {"A": at_price(1_099_00)}))

    (row,) = reconciling.by_channel(span())

    orders = reconciling.orders(span(shops), limit=10)
    assert (row.channel, row.currency, row.orders, row.differing) == ("Webshop", "EUR", 2, 0)
    for name in reconciling.SUMS:
        assert getattr(row, name) == sum(getattr(each, name) for each in orders), name
    assert whole(row)


def test_what_the_supplier_sends_is_the_suppliers(shops: AllocationWorld) -> None:
    order = place_order(shops, "W-1", of("B"), freight=Decimal("11.00"))
    line = order.lines.get().pk
    byhand.to_warehouse(order.pk, [line], by=shops.staff)

    byhand.warehouse_sent(order.pk, [line], by=shops.staff)

    assert accounts() == {
        "cash_clearing": Decimal("437.36"),
        "payment_fee": Decimal("2.64"),
        "consumer_sales": Decimal("-440.00"),
    }
    assert ConsumerEntry.objects.get().kind == "warehouse"
    (row,) = reconciling.orders(span(), limit=10)
    assert (row.fees, row.supplier, row.unsent, row.difference) == (Decimal("2.64"), Decimal("437.36"), 0, 0)


def test_a_cancelled_line_is_nobodys(shops: AllocationWorld) -> None:
    order = place_order(shops, "W-1", of("A"), of("C"), freight=Decimal("5.00"))
    made = at_price(1_099_00, freight_charged=4_70)
    send_all(hand_to(shops, order, {"A": made}))
    byhand.cancel_lines(order.pk, [order.lines.get(sku="C").pk], by=shops.staff)

    (row,) = reconciling.orders(span(), limit=10)

    assert (row.cancelled, row.unsent, row.difference) == (Decimal("69.30"), 0, 0)
    assert whole(row)


def test_what_was_sent_at_another_amount_is_told(shops: AllocationWorld) -> None:
    send_all(hand_to(shops, place_order(shops, "W-1"), {"A": at_price(1_098_99)}))
    send_all(hand_to(shops, place_order(shops, "W-2"), {"A": at_price(1_099_00)}))

    (row,) = reconciling.by_channel(span())

    assert (row.difference, row.differing) == (Decimal("0.01"), 1)
    assert [each.external_number for each in reconciling.orders(span(), "difference", limit=10)] == ["W-1"]


def test_a_fee_other_than_the_channel_said_is_told(shops: AllocationWorld) -> None:
    for number, fee in (("W-1", "6.59"), ("W-2", "6.00"), ("W-3", "0")):
        order = place_order(shops, number, payment_fee=Decimal(fee))
        send_all(hand_to(shops, order, {"A": at_price(1_099_00)}))

    (row,) = reconciling.by_channel(span())

    assert (row.fees_differing, row.fee_difference, row.difference) == (1, Decimal("0.59"), 0)
    assert [each.external_number for each in reconciling.orders(span(), "fee", limit=10)] == ["W-2"]


def test_orders_are_read_page_by_page_and_whole(shops: AllocationWorld) -> None:
    for number in range(5):
        place_order(shops, f"W-{number}", of("C"))

    first = reconciling.orders(span(), limit=2)
    place = (first[-1].placed_at, first[-1].id)
    then = reconciling.orders(span(), limit=2, after=place)
    back = reconciling.orders(span(), limit=2, before=(then[0].placed_at, then[0].id))

    assert [row.external_number for row in first + then] == ["W-4", "W-3", "W-2", "W-1"]
    assert [row.external_number for row in back] == ["W-3", "W-4"]
    assert len(list(reconciling.every_order(span(), at_once=2))) == 5


def test_one_statement_for_any_number_of_orders(shops: AllocationWorld) -> None:
    for number in range(3):
        place_order(shops, f"W-{number}", of("C"))

    with CaptureQueriesContext(connection) as queries:
        reconciling.by_channel(span())
        reconciling.orders(span(), "unsent", limit=10)
        reconciling.campaigns()

    assert len(queries) == 3


def test_a_campaigns_budget_is_where_it_says(shops: AllocationWorld) -> None:
    campaign = make_campaign(budget="1000.00")
    sent = send_all(hand_to(shops, place_order(shops, "W-1"), {"A": at_price(899_00)}, campaign=campaign))
    hand_to(shops, place_order(shops, "W-2"), {"A": at_price(899_00)}, campaign=campaign)
    three = settle(sale(3 * 899_00, 3), TERMS)
    back = send_all(
        hand_to(shops, place_order(shops, "W-3", of("A", 3, paid="2697.00")), {"A": three}, campaign=campaign)
    )
    take_back(back)

    (row,) = reconciling.campaigns()

    assert (row.used, row.accepted, row.offered) == (Decimal("244.02"), Decimal("67.22"), 0)
    assert row.booked == row.subsidy == Decimal("176.80")
    assert row.difference == 0
    take_back(sent)
    take_back(back, 2, reference="R-2")
    (row,) = reconciling.campaigns()
    assert (row.used, row.booked, row.subsidy, row.difference) == (Decimal("67.22"), 0, 0, 0)


def test_dealers_totals_follow_their_money(shops: AllocationWorld) -> None:
    dealer, today = shops.shops[0].dealer, timezone.localdate()
    waits = send_all(hand_to(shops, place_order(shops, "W-1"), {"A": at_price(1_099_00)}))
    done = complete(
        send_all(hand_to(shops, place_order(shops, "W-2"), {"A": at_price(899_00)})),
        timezone.now() - dt.timedelta(days=30),
    )

    def drawn() -> list[DealerTotals]:
        return totals([dealer, shops.shops[1].dealer], today, today, today)

    assert drawn() == [DealerTotals(dealer, Decimal("1092.41"), Decimal("960.83"))]
    settle_due(today)
    assert drawn() == [DealerTotals(dealer, Decimal("1092.41"), Decimal(0), Decimal("960.83"))]
    take_back(done)
    assert drawn() == [DealerTotals(dealer, Decimal("1092.41"), Decimal(0), Decimal(0))]
    assert shares_of([waits.pk, done.pk]) == {
        waits.pk: Share(Decimal("1092.41")),
        done.pk: Share(Decimal("960.83"), Decimal("960.83"), Decimal(0)),
    }
