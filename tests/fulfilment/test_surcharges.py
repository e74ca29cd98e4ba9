"""Surcharges from cart to order: frozen with name and amount, taxed once, nothing silent, and told to the ERP."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from oscar.core.loading import get_model

from erp_bridge.adapters.ubl.order import write_order
from erp_bridge.outbox.snapshot import order_snapshot
from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.credit import credit_of
from fulfilment.ordering.freight import amounts_of
from fulfilment.ordering.models import DealerOrder, OrderSurcharge
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.progress import acknowledge
from fulfilment.ordering.submit import OrderHead, submit
from fulfilment.snapshots import OrderSnapshot
from pricing.promotions.write import Reach
from pricing.quote import quote
from pricing.selling.models import FreightRule, MinimumMode, OrderMinimum
from pricing.surcharges.models import Surcharge, SurchargeRule
from pricing.terms.models import PriceList
from tests import factories
from tests.erp_bridge.orders import approved, placed
from tests.factories import World
from tests.pricing.promotion_samples import promote
from tests.pricing.surcharge_samples import levy

Order = get_model("order", "Order")


def send(world: World, wanted: dict[Any, int], **head: Any) -> DealerOrder:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {product.pk: number for product, number in wanted.items()})
    return submit(cart, OrderHead(key=uuid4(), outlet_id=world.outlet.pk, **head), by=world.alice)


def charged(order: DealerOrder) -> dict[str, tuple[D, D]]:
    return {each.code: (each.net_amount, each.tax_amount) for each in order.surcharges}


def test_an_order_keeps_its_surcharges_whatever_becomes_of_the_rules(world: World) -> None:
    promote("PAN", percent="10", reach=Reach(products=[world.pan]))
    levy("METAL", percent="3", name="Metal surcharge", name_zh="金属附加费")
    levy("DEPOSIT", "piece", amount="0.25", product=world.pot)
    order = placed(world)
    # 10 pans at 18.50 less ten percent are 166.50, the pots 275.40: 5.00 and 8.26; 6 deposits 1.50.
    lines = [(line.net_amount, line.surcharge_amount) for line in order.lines.all()]
    assert lines == [(D("166.50"), D("5.00")), (D("275.40"), D("9.76"))]
    assert (order.net_total, order.surcharge_net) == (D("441.90"), D("14.76"))
    # 13 % of 441.90 are 57.45, of 456.66 59.37: the surcharges' tax is what the goods leave of it.
    assert (order.tax_total, order.surcharge_tax, order.total) == (D("57.45"), D("1.92"), D("516.03"))
    assert charged(order) == {"DEPOSIT": (D("1.50"), D("0.20")), "METAL": (D("13.26"), D("1.72"))}
    Surcharge.objects.update(name="Another name", name_zh="")
    SurchargeRule.objects.update(is_active=False)
    kept = DealerOrder.objects.get(pk=order.pk)
    assert [each.surcharge.name for each in kept.surcharges] == ["Deposit surcharge", "Metal surcharge"]
    assert OrderSurcharge.objects.get(surcharge__code="METAL").name_zh == "金属附加费"


def test_oscar_reads_them_as_its_own(world: World) -> None:
    levy("METAL", percent="3")
    mirror = Order.objects.get(pk=placed(world).pk)
    assert (mirror.surcharge_excl_tax, mirror.total_excl_tax) == (D("13.81"), D("474.21"))
    assert mirror.basket_total_excl_tax == D("460.40") == sum(line.line_price_excl_tax for line in mirror.lines.all())
    assert mirror.basket_total_incl_tax == sum(line.line_price_incl_tax for line in mirror.lines.all())


def test_tax_is_rounded_once_on_goods_freight_and_surcharges(world: World) -> None:
    FreightRule.objects.create(currency="EUR", charge=D("0.04"))
    levy("FEE", "order", amount="0.04")
    quoted = quote(world.alpine, [(world.pan.pk, 10)], as_order=True)
    amounts = amounts_of(world.alpine, quoted)
    # 13 % of 185.00 are 24.05, of 185.04 24.0552, of 185.08 24.0604: rounded apart each would be another cent.
    assert (amounts.tax_total, amounts.freight_tax, amounts.surcharge_tax) == (D("24.05"), D("0.01"), D("0.00"))
    assert amounts.total == D("209.14")


def test_a_small_order_pays_for_being_small_and_at_the_value_it_is_not(world: World) -> None:
    levy("SMALL", "small", amount="25", below="185")
    assert send(world, {world.pan: 10}).surcharges == []
    SurchargeRule.objects.update(below=D("185.01"))
    assert charged(send(world, {world.pan: 10})) == {"SMALL": (D("25.00"), D("3.25"))}


def test_the_order_minimum_and_free_freight_go_by_the_goods_alone(world: World) -> None:
    OrderMinimum.objects.create(currency="EUR", amount=D("190.00"), mode=MinimumMode.REFUSE)
    levy("METAL", percent="50")
    with pytest.raises(OrderRefused) as refusal:
        send(world, {world.pan: 10})
    assert refusal.value.code == "minimum"
    OrderMinimum.objects.all().delete()
    FreightRule.objects.create(currency="EUR", charge=D("30.00"), free_from=D("200.00"))
    order = submit(
        open_cart(world.alice, world.alpine), OrderHead(key=uuid4(), outlet_id=world.outlet.pk), by=world.alice
    )
    assert (order.freight_net, order.surcharge_net) == (D("30.00"), D("92.50"))


def test_a_surcharge_that_changed_since_is_told_by_name_and_the_new_one_can_be_sent(world: World) -> None:
    rule = levy("METAL", percent="3")
    levy("OLD", "order", amount="1")
    shown = {"METAL": D("5.55"), "OLD": D("1.00")}
    SurchargeRule.objects.filter(pk=rule.pk).update(percent=D(4))
    SurchargeRule.objects.exclude(pk=rule.pk).update(is_active=False)
    with pytest.raises(OrderRefused) as refusal:
        send(world, {world.pan: 10}, shown_surcharges=shown)
    assert refusal.value.code == "total_changed"
    assert "Metal surcharge was 5.55 and is now 7.40 EUR." in refusal.value.message
    assert "Old surcharge of 1.00 EUR is no longer charged." in refusal.value.message
    assert not DealerOrder.objects.exists()
    cart = open_cart(world.alice, world.alpine)
    head = OrderHead(key=uuid4(), outlet_id=world.outlet.pk, shown_surcharges={"METAL": D("7.40")})
    assert submit(cart, head, by=world.alice).surcharge_net == D("7.40")


def test_a_surcharge_that_came_is_not_silent_even_where_the_total_stays(world: World) -> None:
    levy("METAL", percent="3")
    promote("SAME", "amount", amount="0.555")
    with pytest.raises(OrderRefused, match="is new"):
        send(world, {world.pan: 10}, shown_surcharges={})


def test_the_erp_reads_each_surcharge_by_its_code(world: World) -> None:
    FreightRule.objects.create(currency="EUR", charge=D("25.00"))
    levy("METAL", percent="3", name="Metal surcharge")
    levy("SMALL", "small", percent="1", below="1000")
    snapshot = order_snapshot(approved(world))
    assert [(each.id, each.code, each.reason, each.net) for each in snapshot.charges] == [
        ("METAL", "ZZZ", "Metal surcharge", D("13.81")),
        ("SMALL", "ZZZ", "Small surcharge", D("4.60")),
        ("", "FC", "Freight", D("25.00")),
    ]
    assert (snapshot.totals.line_extension, snapshot.totals.charges) == (D("460.40"), D("43.41"))
    assert OrderSnapshot.from_json(snapshot.to_json()) == snapshot
    document = write_order(snapshot).decode()  # refuses what the schema does not allow
    assert "<cbc:ID>METAL</cbc:ID>" in document
    assert '<cbc:ChargeTotalAmount currencyID="EUR">43.41</cbc:ChargeTotalAmount>' in document


def test_an_order_that_waits_since_before_surcharges_is_still_read(world: World) -> None:
    FreightRule.objects.create(currency="EUR", charge=D("25.00"))
    snapshot = order_snapshot(approved(world))
    old = snapshot.to_json()
    old["format"] = "order/3"
    for charge in old["charges"]:
        del charge["id"]
    assert OrderSnapshot.from_json(old) == snapshot


def test_surcharges_use_credit_and_fall_away_with_what_is_not_shipped(world: World) -> None:
    levy("METAL", percent="10")
    order = approved(world, {world.pan: 10})
    assert credit_of(world.alpine).ordered == order.total == D("229.96")
    acknowledge(order.number, accepted=True, confirmed={1: 5})
    assert credit_of(world.alpine).ordered == D("114.98")


def test_surcharges_cost_the_same_statements_at_any_length(world: World) -> None:
    wholesale = PriceList.objects.get(code="WHOLESALE")
    goods = [factories.make_product(f"P-{number}", f"Product {number}") for number in range(30)]
    for product in goods:
        factories.set_price(wholesale, product, "3.33")

    def statements(number: int) -> int:
        cart = open_cart(world.alice, world.alpine)
        add_to_cart(cart, dict.fromkeys((product.pk for product in goods[:number]), 6))
        with CaptureQueriesContext(connection) as sent:
            submit(cart, OrderHead(key=uuid4(), outlet_id=world.outlet.pk, shown_surcharges=None), by=world.alice)
        return len(sent)

    statements(1)  # what a process reads once
    without = [statements(1), statements(30)]
    levy("METAL", percent="3")
    levy("FEE", "order", amount="5")
    # One reads them, two write them down, one tells them in the mail.
    assert [statements(1), statements(30)] == [count + 4 for count in without]
