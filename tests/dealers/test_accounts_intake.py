"""Sales reps and dealers, taken in from files."""

from __future__ import annotations

from typing import Any

import pytest

from dealers.accounts.intake import DealersIntake, SalesRepsIntake
from dealers.accounts.models import Dealer, DealerChange, Outlet, SalesRep, Territory
from portal.imports.kinds import DealersWithPriceLists
from pricing.terms.models import DealerPriceList, PriceList
from tests.factories import make_user
from tests.intakes import counts, problems, statements, take

pytestmark = pytest.mark.django_db

REP: dict[str, Any] = {"code": "R1", "name": "Lin Yue", "email": "lin@example.com", "territory": "EAST"}
ROW: dict[str, Any] = {
    "number": "D1",
    "name": "Harbour Bikes",
    "currency": "EUR",
    "tax_percent": "13",
    "credit_limit": "50000",
    "sales_rep": "R1",
    "territory": "EAST",
    "outlet_code": "A",
    "city": "Lyon",
    "country": "FR",
    "latitude": "45.764043123456",
    "longitude": "4.835659",
}


@pytest.fixture(autouse=True)
def _rep(db: None) -> None:
    take(SalesRepsIntake, REP)


def test_the_same_reps_twice_change_nothing_and_a_correction_changes_one() -> None:
    assert Territory.objects.get().name == "EAST"
    assert counts(take(SalesRepsIntake, REP)) == (0, 0, 1, 0)
    assert counts(take(SalesRepsIntake, {**REP, "phone": "123"})) == (0, 1, 0, 0)
    assert SalesRep.objects.get().phone == "123"


def test_rows_of_one_number_are_outlets() -> None:
    second = {**ROW, "outlet_code": "B", "city": "Nice"}

    assert counts(take(DealersIntake, ROW, second)) == (2, 0, 0, 0)
    assert counts(take(DealersIntake, ROW, second)) == (0, 0, 2, 0)
    assert counts(take(DealersIntake, ROW, {**second, "city": "Metz"})) == (0, 1, 1, 0)
    dealer = Dealer.objects.get()
    assert (dealer.sales_rep.code, dealer.territory.code) == ("R1", "EAST")  # type: ignore[union-attr]
    assert sorted(dealer.outlets.values_list("code", "city")) == [("A", "Lyon"), ("B", "Metz")]


@pytest.mark.parametrize(
    ("said", "code"), [("fr", "FR"), ("France", "FR"), ("united states", "US"), ("USA", "US"), ("中国", "CN")]
)
def test_a_country_may_be_named(said: str, code: str) -> None:
    take(DealersIntake, {**ROW, "country": said})
    assert Dealer.objects.get().outlets.get().country == code


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": ""}, "number"),
        ({"name": "N" * 201}, "name"),
        ({"sales_rep": "NOBODY"}, "sales_rep"),
        ({"currency": "EURO"}, "currency"),
        ({"country": "Freedonia"}, "country"),
        ({"country": ""}, "country"),
        ({"tax_percent": "100"}, "tax_percent"),
        ({"credit_limit": "-5"}, "credit_limit"),
        ({"credit_limit": "1" * 20}, "credit_limit"),
        ({"payment_terms_days": "7.5"}, "payment_terms_days"),
        ({"contact_email": "nobody"}, "contact_email"),
        ({"latitude": "91"}, "latitude"),
        ({"language": "Klingon"}, "language"),
        ({"price_lists": "NOPE"}, "price_lists"),
        ({"price_lists": "DOLLARS"}, "price_lists"),
    ],
)
def test_a_bad_row_is_named_and_nothing_of_it_is_kept(change: dict[str, str], field: str) -> None:
    PriceList.objects.create(code="DOLLARS", name="Dollars", currency="USD")

    outcome = take(DealersWithPriceLists, {**ROW, **change}, {**ROW, "number": "GOOD"})

    assert problems(outcome) == [(2, field)]
    assert list(Dealer.objects.values_list("number", flat=True)) == ["GOOD"]


def test_two_rows_that_disagree_about_a_dealer() -> None:
    outcome = take(DealersIntake, ROW, {**ROW, "outlet_code": "B", "credit_limit": "1"})

    assert problems(outcome) == [(3, "credit_limit")]
    assert Outlet.objects.count() == 1


def test_changed_terms_say_who_changed_them() -> None:
    fay = make_user("fay@example.com", "Fay")
    take(DealersIntake, ROW)
    assert not DealerChange.objects.exists()

    take(DealersIntake, {**ROW, "credit_limit": "60000", "sales_rep": "", "city": "Nice"}, by=fay)

    changes = DealerChange.objects.order_by("field").values_list("by_name", "field", "old", "new")
    assert list(changes) == [("Fay Test", "credit_limit", "50000.00", "60000.00"), ("Fay Test", "sales_rep", "R1", "")]


def test_price_lists_are_kept_in_their_order() -> None:
    for code in ("A", "B", "C"):
        PriceList.objects.create(code=code, name=code, currency="EUR")
    take(DealersWithPriceLists, {**ROW, "price_lists": "A;B"})

    outcome = take(DealersWithPriceLists, {**ROW, "price_lists": "C; A"})

    assert counts(outcome) == (0, 1, 0, 0)
    assert list(DealerPriceList.objects.order_by("priority").values_list("price_list__code", flat=True)) == ["C", "A"]
    assert counts(take(DealersWithPriceLists, {**ROW, "price_lists": "C;A"})) == (0, 0, 1, 0)


def test_statements_do_not_grow_with_rows() -> None:
    PriceList.objects.create(code="A", name="A", currency="EUR")

    def dealers(prefix: str, many: int) -> list[Any]:
        return [{**ROW, "number": f"{prefix}{i}", "price_lists": "A"} for i in range(many)]

    assert statements(DealersWithPriceLists, dealers("M", 1000)) == statements(DealersWithPriceLists, dealers("F", 10))
