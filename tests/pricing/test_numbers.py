"""Dealers' own item numbers: taking them in, and asking for them."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from fulfilment.ordering.resolve import Entry, LineState, resolve
from pricing.numbers.intake import ItemNumbersIntake, OwnItemNumbersIntake
from pricing.numbers.keys import code_key
from pricing.numbers.lookup import own_numbers, products_by_number
from pricing.numbers.models import DealerItemNumber
from tests.factories import World, make_product, make_world, set_price
from tests.intakes import counts, problems, rows, take


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("AB-12 / c", "ab12c"),
        ("ＡＢ１２", "ab12"),
        ("Größe-7", "grosse7"),
        ("螺栓 8", "螺栓8"),
        ("06901234567892", "6901234567892"),
        ("007", "007"),
        ("000000000000", "000000000000"),
        ("--", ""),
    ],
)
def test_a_key_is_letters_and_digits_alone(code: str, key: str) -> None:
    assert code_key(code) == key


@given(st.text(max_size=300))
def test_a_key_has_itself_as_key(code: str) -> None:
    key = code_key(code)

    assert code_key(key) == key
    assert len(key) <= 200


def test_the_supplier_takes_in_numbers_of_any_dealer(world: World) -> None:
    said = [
        {"dealer": "D-ALPINE", "sku": "PAN-24", "number": "A 1", "note": "big"},
        {"dealer": "D-BERGEN", "sku": "POT-5L", "number": "A-1"},
        {"dealer": "D-BERGEN", "sku": "KNIFE-8", "number": "B-1"},
    ]

    assert counts(take(ItemNumbersIntake, *said)) == (3, 0, 0, 0)
    assert counts(take(ItemNumbersIntake, *said)) == (0, 0, 3, 0)
    assert own_numbers(world.alpine, [world.pan.pk, world.pot.pk]) == {world.pan.pk: "A 1"}
    assert products_by_number(world.bergen, ["a1", "B1", "A 2"]) == {"a1": world.pot.pk, "B1": world.knife.pk}


def test_a_number_goes_over_to_another_product(world: World) -> None:
    take(ItemNumbersIntake, {"dealer": "D-ALPINE", "sku": "PAN-24", "number": "A-1", "note": "old"})

    outcome = take(ItemNumbersIntake, {"dealer": "D-ALPINE", "sku": "POT-5L", "number": "a1"})

    assert counts(outcome) == (0, 1, 0, 0)
    item = DealerItemNumber.objects.get()
    assert (item.product_id, item.number, item.note, item.key) == (world.pot.pk, "a1", "old", "a1")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"dealer": "D-NOBODY", "sku": "PAN-24", "number": "A-1"}, "dealer"),
        ({"dealer": "D-ALPINE", "sku": "NOTHING", "number": "A-1"}, "sku"),
        ({"dealer": "D-ALPINE", "sku": "PAN-24", "number": "---"}, "number"),
        ({"dealer": "D-ALPINE", "sku": "PAN-24", "number": ""}, "number"),
        ({"dealer": "D-ALPINE", "sku": "PAN-24", "number": "x" * 65}, "number"),
        ({"dealer": "D-ALPINE", "sku": "PAN-24", "number": "POT-5L"}, "number"),
    ],
)
def test_refused(world: World, said: dict[str, str], field: str) -> None:
    outcome = take(ItemNumbersIntake, said)

    assert problems(outcome) == [(2, field)]
    assert not DealerItemNumber.objects.exists()


def test_one_number_twice_in_a_file_is_refused(world: World) -> None:
    said = [
        {"dealer": "D-ALPINE", "sku": sku, "number": number} for sku, number in (("PAN-24", "A1"), ("POT-5L", "a-1"))
    ]

    assert problems(take(ItemNumbersIntake, *said)) == [(3, "number")]


def test_the_database_refuses_two_products_for_one_number(world: World) -> None:
    DealerItemNumber.objects.create(dealer=world.alpine, product=world.pan, number="A-1")

    with pytest.raises(IntegrityError), transaction.atomic():
        DealerItemNumber.objects.create(dealer=world.alpine, product=world.pot, number="a 1")


def test_for_a_dealer_what_it_may_not_buy_does_not_exist(world: World) -> None:
    intake = OwnItemNumbersIntake(world.bergen)

    outcome = intake.take(rows({"sku": "KNIFE-8", "number": "K1"}, {"sku": "NOTHING", "number": "K2"}))

    told = [problem.message.replace("KNIFE-8", "*").replace("NOTHING", "*") for problem in outcome.problems]
    assert problems(outcome) == [(2, "sku"), (3, "sku")]
    assert told[0] == told[1]


def test_statements_do_not_grow_with_numbers(world: World) -> None:
    said = [{"sku": "PAN-24", "number": f"N-{place}"} for place in range(500)]
    with CaptureQueriesContext(connection) as few:
        OwnItemNumbersIntake(world.alpine).take(rows(*said[:2]))

    with CaptureQueriesContext(connection) as many:
        OwnItemNumbersIntake(world.alpine).take(rows(*said[2:]))

    assert len(many) <= len(few)


def test_a_list_may_be_written_in_own_numbers(world: World) -> None:
    DealerItemNumber.objects.create(dealer=world.alpine, product=world.pan, number="K-1/7")

    found = resolve(world.alpine, [Entry("K-1/7", 3), Entry("k17", 1), Entry("K-1/8", 1)])

    assert [line.sku for line in found] == ["PAN-24", "PAN-24", ""]
    assert found[0].wanted == 4


def test_another_dealers_number_is_unknown(world: World) -> None:
    DealerItemNumber.objects.create(dealer=world.alpine, product=world.pan, number="K-1/7")

    (line,) = resolve(world.bergen, [Entry("K-1/7", 3)])

    assert (line.state, line.sku, line.suggestions) == (LineState.UNKNOWN, "", ())


def test_a_sku_comes_before_an_own_number_and_that_before_a_sku_loosely(world: World) -> None:
    other = make_product("POT5L", "Other")
    set_price(world.alpine.price_lists.get(priority=1).price_list, other, "5.00")
    DealerItemNumber.objects.create(dealer=world.alpine, product=world.pan, number="POT-5L")
    DealerItemNumber.objects.create(dealer=world.alpine, product=world.knife, number="pan 24")

    found = resolve(world.alpine, [Entry("POT-5L", 6), Entry("pot 5l", 1), Entry("PAN24", 1)])

    assert [line.sku for line in found] == ["POT-5L", "PAN-24", "KNIFE-8"]


def test_a_number_for_what_cannot_be_bought_now_is_unknown(world: World) -> None:
    DealerItemNumber.objects.create(dealer=world.bergen, product=world.knife, number="K-1")

    (line,) = resolve(world.bergen, [Entry("K-1", 1)])

    assert line.state == LineState.UNKNOWN
