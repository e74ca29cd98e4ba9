"""Codes and quantities become products, prices and states, whatever the number of lines."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dealers.accounts.models import Dealer
from fulfilment.ordering.resolve import MOST_LOOKED_UP, Entry, LineState, Resolved, resolve
from fulfilment.stock.expected import supplier_today
from fulfilment.stock.models import ExpectedReceipt, Location
from pricing.catalogue.models import ProductCard, ProductUnit
from pricing.numbers.models import DealerItemNumber
from pricing.terms.models import Price, PriceList
from tests import factories
from tests.factories import World
from tests.portal.shop_catalogue import make_many

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def one(world: World, code: str, quantity: int | None = 1, wrong: str = "") -> Resolved:
    (line,) = resolve(world.alpine, [Entry(code, quantity, wrong)])
    return line


@pytest.mark.parametrize("code", ["PAN-24", "pan-24", "PAN24", "pan 24", "P A N _24"])
def test_a_sku_is_found_exactly_or_but_for_case_spaces_and_dashes(world: World, code: str) -> None:
    line = one(world, code, 10)
    assert (line.state, line.product_id, line.sku) == (LineState.OK, world.pan.pk, "PAN-24")
    assert (line.quantity, line.unit_price, line.net_amount) == (10, Decimal("18.5000"), Decimal("185.00"))


@pytest.mark.parametrize("code", ["4006381333931", "04006381333931", "400 6381 333931"])
def test_an_ean_is_found_with_or_without_leading_zeros(world: World, code: str) -> None:
    ProductCard.objects.filter(product=world.pan).update(ean="4006381333931")
    assert one(world, code).product_id == world.pan.pk


def test_the_exact_sku_wins_over_one_that_only_looks_like_it(world: World) -> None:
    twin = factories.make_product("PAN24", "Twin")
    factories.set_price(PriceList.objects.get(code="WHOLESALE"), twin, "1.00")
    assert one(world, "PAN24").product_id == twin.pk
    unclear = one(world, "pan 24")
    assert (unclear.state, set(unclear.suggestions)) == (LineState.AMBIGUOUS, {"PAN-24", "PAN24"})


def test_a_quantity_is_rounded_up_to_the_pack_and_says_so(world: World) -> None:
    line = one(world, "POT-5L", 7)
    assert (line.state, line.wanted, line.quantity, line.good) == (LineState.ROUNDED, 7, 12, True)
    assert line.message == "7 → 12: sold in packs of 6."


def test_no_quantity_is_the_smallest_pack(world: World) -> None:
    line = one(world, "POT-5L", None)
    assert (line.state, line.quantity) == (LineState.OK, 6)
    assert line.message == "No quantity was given: the smallest is 6."


def test_too_little_stock_says_how_much_there_is(world: World) -> None:
    line = one(world, "KNIFE-8", 12)
    assert (line.state, line.wanted, line.quantity, line.good) == (LineState.PART, 12, 10, False)
    assert line.message == "10 of 12 available."
    assert line.net_amount is None


def test_what_the_cart_asks_for_already_is_not_offered_again(world: World) -> None:
    (line,) = resolve(world.alpine, [Entry("KNIFE-8", 5)], {world.knife.pk: 8})
    assert (line.state, line.quantity) == (LineState.PART, 2)
    assert line.message == "2 of 5 available beside the 8 in your cart."


def test_a_quantity_below_the_lowest_tier_has_no_price(world: World) -> None:
    Price.objects.filter(product=world.pan, min_quantity=1).delete()
    line = one(world, "PAN-24", 9)
    assert (line.state, line.good, line.quantity) == (LineState.NO_PRICE, False, 0)
    assert one(world, "PAN-24", 10).good


@pytest.mark.parametrize("wrong", ["words", "negative", "zero", "fraction", "huge", "unclear"])
def test_a_quantity_that_cannot_be_read_is_told_at_its_line(world: World, wrong: str) -> None:
    line = one(world, "PAN-24", None, wrong)
    assert (line.state, line.product_id, line.good) == (LineState.QUANTITY, world.pan.pk, False)
    assert line.message


@pytest.mark.parametrize("quantity", [0, -1, 1_000_001])
def test_a_number_out_of_bounds_is_refused(world: World, quantity: int) -> None:
    assert one(world, "PAN-24", quantity).state == LineState.QUANTITY


def test_the_same_product_twice_adds_up_and_says_so(world: World) -> None:
    first, other, again = resolve(world.alpine, [Entry("POT-5L", 6), Entry("PAN-24", 1), Entry("pot 5l", 12)])
    assert (first.wanted, first.quantity, first.state) == (18, 18, LineState.OK)
    assert first.message == "Stands in 2 lines, added up: 6 + 12."
    assert (again.state, again.added_to, again.good) == (LineState.SAME, 0, False)
    assert other.wanted == 1


def test_the_same_product_beyond_every_bound_is_refused(world: World) -> None:
    first, _again = resolve(world.alpine, [Entry("PAN-24", 999_999), Entry("PAN-24", 2)])
    assert (first.state, first.quantity) == (LineState.QUANTITY, 0)


@pytest.mark.parametrize(("code", "near"), [("PAN-25", "PAN-24"), ("PEN-24", "PAN-24"), ("KNIFE", "KNIFE-8")])
def test_an_unknown_code_gets_near_ones(world: World, code: str, near: str) -> None:
    line = one(world, code)
    assert (line.state, line.product_id) == (LineState.UNKNOWN, None)
    assert near in line.suggestions
    assert len(line.suggestions) <= 3


def test_what_another_dealer_may_buy_is_unknown_and_never_suggested(world: World) -> None:
    ProductCard.objects.filter(product=world.knife).update(ean="4006381333931")
    for code in ("KNIFE-8", "knife 8", "4006381333931", "KNIFE-9"):
        (line,) = resolve(world.bergen, [Entry(code, 1)])
        assert (line.state, line.product_id, line.suggestions) == (LineState.UNKNOWN, None, ())


@pytest.mark.parametrize("code", ["", "%", "_", "[", "(", "\\", ".*", "'", "a" * 128, "货号", "-", "^$|"])
def test_strange_codes_are_unknown(world: World, code: str) -> None:
    assert one(world, code).state == LineState.UNKNOWN


@pytest.mark.parametrize("kind", ["exact", "mixed"])
def test_ten_and_a_thousand_lines_cost_the_same_statements(world: World, kind: str) -> None:
    skus = [product.upc for product in make_many(1_000)]

    def statements(count: int) -> int:
        codes = skus if kind == "exact" else [sku.lower() if n % 3 else f"{sku}X" for n, sku in enumerate(skus)]
        entries = [Entry(code, 200 if n % 5 == 1 else 1) for n, code in enumerate(codes[:count])]
        dealer = Dealer.objects.get(pk=world.alpine.pk)
        with CaptureQueriesContext(connection) as seen:
            assert len(resolve(dealer, entries)) == count
        return len(seen)

    few, many = statements(10), statements(1_000)
    assert few == many <= 12


def test_looking_for_what_was_meant_is_bounded(world: World) -> None:
    make_many(5)
    lines: list[Any] = resolve(world.alpine, [Entry(f"MANY-9{n:04d}", 1) for n in range(MOST_LOOKED_UP + 20)])
    assert all(line.suggestions for line in lines[:MOST_LOOKED_UP])
    assert not any(line.suggestions for line in lines[MOST_LOOKED_UP:])


def with_carton(world: World) -> None:
    ProductCard.objects.filter(product=world.pan).update(ean="4006381333931", weight_kg="1.250")
    ProductUnit.objects.create(product=world.pan, code="carton", factor=12, ean="14006381333938")


@pytest.mark.parametrize(("quantity", "units", "wanted"), [(2, ("carton", "box"), 24), (None, ("carton",), 12)])
def test_cartons_count_the_pieces_in_them(
    world: World, quantity: int | None, units: tuple[str, ...], wanted: int
) -> None:
    with_carton(world)
    (line,) = resolve(world.alpine, [Entry("PAN-24", quantity, units=units)])
    assert (line.state, line.wanted, line.quantity, line.in_units) == (LineState.OK, wanted, wanted, True)
    assert line.message.endswith(f"= {wanted} pieces.")


def test_the_ean_of_a_carton_counts_cartons_unless_another_unit_is_named(world: World) -> None:
    with_carton(world)
    lines = [Entry("14006381333938"), Entry("14006381333938", 3, units=("piece",)), Entry("4006381333931")]
    (carton,) = resolve(world.alpine, lines[:1])
    assert (carton.product_id, carton.quantity, carton.code) == (world.pan.pk, 12, "PAN-24")
    assert resolve(world.alpine, lines)[0].quantity == 12 + 3 + 1


def test_the_carton_of_what_a_dealer_may_not_buy_is_unknown(world: World) -> None:
    ProductUnit.objects.create(product=world.knife, code="carton", factor=12, ean="14006381333938")
    (line,) = resolve(world.bergen, [Entry("14006381333938", 1)])
    assert (line.state, line.product_id) == (LineState.UNKNOWN, None)


@pytest.mark.parametrize("entry", [Entry("PAN-24", 2, units=("pallet",)), Entry("PAN-24", wrong="unit")])
def test_a_unit_the_product_does_not_have_is_told_with_those_it_has(world: World, entry: Entry) -> None:
    with_carton(world)
    (line,) = resolve(world.alpine, [entry])
    assert (line.state, line.quantity, line.good) == (LineState.UNIT, 0, False)
    assert "piece, carton (12)" in line.message


def test_cartons_beyond_every_bound_are_refused(world: World) -> None:
    with_carton(world)
    (line,) = resolve(world.alpine, [Entry("PAN-24", 900_000, units=("carton",))])
    assert line.state == LineState.QUANTITY


def test_a_further_scan_adds_one_pack_and_not_the_minimum_again(world: World) -> None:
    ProductCard.objects.filter(product=world.pot).update(minimum_quantity=12)
    first, *_others = resolve(world.alpine, [Entry("POT-5L"), Entry("POT-5L"), Entry("POT-5L")])
    assert (first.quantity, first.state) == (24, LineState.OK)


def test_a_good_line_has_its_weight(world: World) -> None:
    with_carton(world)
    assert one(world, "PAN-24", 4).weight_kg == Decimal("5.000")
    assert one(world, "POT-5L", 6).weight_kg is None


def test_what_is_short_says_when_more_arrives_and_what_replaces_it(world: World) -> None:
    location = Location.objects.create(code="SH", name="Shanghai")
    day = supplier_today() + timedelta(days=9)
    ExpectedReceipt.objects.create(product=world.knife, location=location, quantity=240, expected_on=day, as_of=NOW)
    ProductCard.objects.filter(product=world.knife).update(replaced_by=world.pan)
    line = one(world, "KNIFE-8", 12)
    assert line.arrives is not None
    assert (line.state, line.arrives.quantity, line.arrives.on, line.instead) == (LineState.PART, 240, day, "PAN-24")
    assert one(world, "KNIFE-8", 2).arrives is None


def discontinue(world: World, instead: Any) -> None:
    ProductCard.objects.filter(product=world.knife).update(discontinued_on=date(2026, 1, 1), replaced_by=instead)


def test_what_is_no_longer_sold_offers_its_replacement(world: World) -> None:
    discontinue(world, world.pan)
    line = one(world, "KNIFE-8", 2)
    assert (line.state, line.instead, line.product_id) == (LineState.REPLACED, "PAN-24", None)
    DealerItemNumber.objects.create(dealer=world.alpine, product=world.knife, number="MY-7", key="my7")
    assert one(world, "MY-7", 2).instead == "PAN-24"


def test_a_replacement_never_tells_of_what_the_dealer_may_not_know(world: World) -> None:
    discontinue(world, world.pan)
    (line,) = resolve(world.bergen, [Entry("KNIFE-8", 2)])
    assert (line.state, line.instead) == (LineState.UNKNOWN, "")


def test_what_is_no_longer_sold_and_not_replaced_is_unknown(world: World) -> None:
    discontinue(world, None)
    assert one(world, "KNIFE-8", 2).state == LineState.UNKNOWN


def test_an_expired_price_makes_the_product_unknown(world: World) -> None:
    Price.objects.filter(product=world.pot).update(valid_to=date(2020, 1, 1))
    assert one(world, "POT-5L", 6).state == LineState.UNKNOWN


def test_an_expired_tier_is_no_price_at_its_quantity(world: World) -> None:
    Price.objects.filter(product=world.pan, min_quantity=10).update(valid_to=date(2020, 1, 1))
    assert one(world, "PAN-24", 10).unit_price == Decimal("20.0000")
