"""Money of consumer orders through rows: the reference's numbers, returns, settlement, overrides and penalties."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dealers.ledger.models import AccountDocument, Journal, Posting
from dealers.statements.statement import balance, open_amounts, statement
from fulfilment.allocation import held
from fulfilment.allocation.models import AllocationState
from fulfilment.settlement.models import ConsumerEntry
from fulfilment.settlement.settling import settle_due
from pricing.margins.amounts import percent
from pricing.margins.settle import Settlement, settle
from pricing.margins.terms import Caps, Model
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, make_campaign, of, place_order
from tests.fulfilment.settlement_samples import (
    RATES,
    TERMS,
    accounts,
    at_price,
    complete,
    hand_to,
    sale,
    send_all,
    take_back,
)


@pytest.fixture
def shops(db: None) -> AllocationWorld:
    return make_allocation_world()


def money(text: str) -> Decimal:
    return Decimal(text)


COMMISSION = replace(TERMS, rates=replace(RATES, commission=percent(5), payment_fee_on_dealer=0))
NO_FLOOR_OF_SUPPLIER = replace(TERMS, caps=Caps(share=percent(10), supplier_floor=-19_28))
CASES = {
    "A everyday": (
        at_price(1_099_00),
        {"cash_clearing": "1092.41", "guide_expense": "19.45", "guide_payable": "-19.45", "dealer_payable": "-1092.41"},
    ),
    "B promotion": (
        at_price(899_00),
        {
            "cash_clearing": "893.61",
            "subsidy": "67.22",
            "guide_expense": "15.91",
            "guide_payable": "-15.91",
            "dealer_payable": "-960.83",
        },
    ),
    "C2 tier 1": (
        at_price(829_00, NO_FLOOR_OF_SUPPLIER, landed_cost=700_00, freight=24_00, wholesale_margin=40_00),
        {
            "cash_clearing": "824.03",
            "subsidy": "50.41",
            "guide_expense": "14.67",
            "guide_payable": "-14.67",
            "dealer_payable": "-874.44",
        },
    ),
    "E commission": (
        at_price(1_099_00, COMMISSION, freight_charged=12_00),
        {
            "cash_clearing": "1104.33",
            "payment_fee": "6.67",
            "guide_expense": "19.45",
            "guide_payable": "-19.45",
            "commission_income": "-54.95",
            "dealer_payable": "-1056.05",
        },
    ),
    "supplier sells": (
        at_price(899_00, replace(TERMS, model=Model.SUPPLIER_SELLS)),
        {
            "cash_clearing": "893.61",
            "payment_fee": "5.39",
            "guide_expense": "15.91",
            "guide_payable": "-15.91",
            "consumer_sales": "-899.00",
            "goods_bought_back": "780.00",
            "fulfilment_fee": "169.30",
            "dealer_payable": "-949.30",
        },
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_references_numbers_come_through_rows(shops: AllocationWorld, case: str) -> None:
    made, booked = CASES[case]
    freight = Decimal(made.sale.freight_charged) / 100
    paid = Decimal(made.sale.paid) / 100
    order = place_order(shops, "W-1", of("A", paid=str(paid)), freight=freight)

    allocation = send_all(hand_to(shops, order, {"A": made}))

    assert accounts() == {account: money(amount) for account, amount in booked.items()}
    assert balance(shops.shops[0].dealer) == 0
    earned = -money(booked["dealer_payable"])
    complete(allocation)
    assert settle_due(allocation.payable_on) == 1
    assert balance(shops.shops[0].dealer) == -earned
    assert "dealer_payable" not in accounts()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("settled_first", [False, True])
def test_a_full_return_brings_every_account_to_zero(shops: AllocationWorld, case: str, *, settled_first: bool) -> None:
    made, _booked = CASES[case]
    order = place_order(shops, "W-1", of("A", paid=str(Decimal(made.sale.paid) / 100)), freight=Decimal(12))
    allocation = complete(send_all(hand_to(shops, order, {"A": made})))
    if settled_first:
        settle_due(allocation.payable_on)

    take_back(allocation, by_fault=True)
    settle_due(allocation.payable_on)

    assert accounts() == {}
    assert balance(shops.shops[0].dealer) == 0


def test_units_return_one_by_one_by_cumulative_rounding(shops: AllocationWorld) -> None:
    made = settle(sale(3 * 899_00, 3), TERMS)
    order = place_order(shops, "W-1", of("A", 3, paid="2697.00"))
    campaign = make_campaign(budget="1000.00")
    allocation = send_all(hand_to(shops, order, {"A": made}, campaign=campaign))

    taken, used = [], []
    for each in range(3):
        take_back(allocation, reference=f"R-{each}")
        journal = Journal.objects.latest("pk")
        taken.append(journal.postings.get(account="dealer_payable").amount)
        campaign.refresh_from_db()
        used.append((campaign.used, accounts().get("subsidy", 0)))

    assert taken == [money("948.40"), money("948.39"), money("948.40")]
    assert used == [(money("109.58"),) * 2, (money("54.79"),) * 2, (0, 0)]
    assert accounts() == {}


def test_what_is_repeated_is_posted_once(shops: AllocationWorld) -> None:
    order = place_order(shops, "W-1", of("A"), of("B"))
    both = {"A": at_price(1_099_00), "B": settle(sale(429_00, landed_cost=300_00, freight=0), TERMS)}
    allocation = hand_to(shops, order, both)
    first, second = allocation.lines.order_by("pk").values_list("pk", flat=True)

    held.send(allocation.pk, [first], by=None)
    held.send(allocation.pk, [first, second], by=None)
    held.send(allocation.pk, [second], by=None)

    assert Journal.objects.count() == ConsumerEntry.objects.count() == 2
    complete(allocation)
    assert [settle_due(dt.date.max), settle_due(dt.date.max)] == [1, 0]
    assert AccountDocument.objects.count() == 1


def test_sending_any_number_of_lines_costs_the_same_statements(shops: AllocationWorld) -> None:
    counts = []
    for number, skus in enumerate((["A"], ["A", "B", "C"])):
        made = {sku: settle(sale(1_099_00, landed_cost=1_00), TERMS) for sku in skus}
        order = place_order(shops, f"W-{number}", *(of(sku, paid="1099.00") for sku in skus))
        allocation = hand_to(shops, order, made)
        lines = list(allocation.lines.values_list("pk", flat=True))
        with CaptureQueriesContext(connection) as queries:
            held.send(allocation.pk, lines, by=None)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_what_fails_to_be_posted_is_not_sent(shops: AllocationWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    allocation = hand_to(shops, place_order(shops), {"A": at_price(1_099_00)})
    monkeypatch.setattr("fulfilment.settlement.booking.post_many", lambda *_a, **_k: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        send_all(allocation)

    assert allocation.lines.get().sent_at is None
    assert not Posting.objects.exists()


def test_nothing_is_settled_before_its_day(shops: AllocationWorld) -> None:
    allocation = complete(send_all(hand_to(shops, place_order(shops), {"A": at_price(1_099_00)})))
    day = allocation.payable_on
    assert day is not None

    assert settle_due(day - dt.timedelta(days=1)) == 0
    assert balance(allocation.dealer) == 0
    assert settle_due(day) == 1

    allocation.refresh_from_db()
    assert allocation.state == AllocationState.SETTLED
    document = AccountDocument.objects.get()
    assert (document.kind, document.number, document.total) == (
        "settlement",
        f"CS-{allocation.pk:06d}",
        money("1092.41"),
    )
    assert (document.order_numbers, document.reference, document.issue_date) == (["W-1"], "Webshop", day)
    drawn = statement(allocation.dealer, day, day)
    assert (drawn.opening, drawn.total_credit, drawn.closing) == (0, money("1092.41"), money("-1092.41"))
    assert drawn.ageing.unallocated == drawn.ageing.balance == drawn.closing
    assert document.journal.consumer_entry.allocation == allocation


def test_a_return_after_settlement_is_a_correction_of_today(shops: AllocationWorld) -> None:
    made = settle(sale(3 * 899_00, 3), TERMS)
    order = place_order(shops, "W-1", of("A", 3, paid="2697.00"))
    allocation = complete(send_all(hand_to(shops, order, {"A": made})), timezone.now() - dt.timedelta(days=40))
    day = allocation.payable_on
    assert day is not None
    settle_due(day)

    take_back(allocation, reference="R-1")
    take_back(allocation, reference="R-2")

    kinds = AccountDocument.objects.order_by("pk").values_list("kind", "number", "total", "issue_date")
    number, today = f"CS-{allocation.pk:06d}", timezone.localdate()
    assert list(kinds) == [
        ("settlement", number, money("2845.19"), day),
        ("correction", f"{number}-2", money("948.40"), today),
        ("correction", f"{number}-3", money("948.39"), today),
    ]
    assert balance(allocation.dealer) == money("-948.40")
    assert open_amounts([allocation.dealer_id])[allocation.dealer_id].overdue == 0
    before = statement(allocation.dealer, day, today - dt.timedelta(days=1))
    assert before.closing == money("-2845.19")
    assert statement(allocation.dealer, today, today).opening == before.closing


def test_what_came_back_before_it_was_payable_leaves_no_document(shops: AllocationWorld) -> None:
    allocation = complete(send_all(hand_to(shops, place_order(shops), {"A": at_price(899_00)})))
    take_back(allocation)

    assert settle_due(dt.date.max) == 1

    allocation.refresh_from_db()
    assert allocation.state == AllocationState.SETTLED
    assert not AccountDocument.objects.exists()


def test_the_owner_of_the_territory_gets_its_override(shops: AllocationWorld) -> None:
    owner = shops.shops[1].dealer
    made = settle(sale(3 * 899_00, 3), TERMS)
    order = place_order(shops, "W-1", of("A", 3, paid="2697.00"))
    allocation = complete(send_all(hand_to(shops, order, {"A": made}, overrides=[(owner.pk, 71_60)])))
    take_back(allocation)

    settle_due(dt.date.max)

    assert (balance(allocation.dealer), balance(owner)) == (money("-1896.79"), money("-47.73"))
    assert AccountDocument.objects.get(dealer=owner).number == f"CT-{allocation.pk:06d}"
    take_back(allocation, 2, reference="R-2")
    assert (balance(allocation.dealer), balance(owner)) == (0, 0)
    assert accounts() == {}


def test_leaving_an_accepted_order_costs_the_penalty(shops: AllocationWorld) -> None:
    shops.terms.unclaim_penalty = money("25.00")
    shops.terms.save()
    allocation = hand_to(shops, place_order(shops), {"A": at_price(1_099_00)})
    request = held.request_unclaim(allocation.pk, by=shops.shops[0].user, reason="damaged", note="")
    assert settle_due(dt.date(2026, 3, 1)) == 0

    held.decide_unclaim(request.pk, by=shops.staff, granted=True)

    assert [settle_due(dt.date(2026, 3, 2)), settle_due(dt.date(2026, 3, 2))] == [1, 0]
    document = AccountDocument.objects.get()
    assert (document.kind, document.number) == ("correction", f"CP-{allocation.pk:06d}")
    assert (document.total, document.due_date) == (money("25.00"), dt.date(2026, 4, 1))
    assert accounts() == {"receivable": money("25.00"), "penalty_income": money("-25.00")}


def test_every_cent_of_an_order_goes_to_somebody(shops: AllocationWorld) -> None:
    order = place_order(shops, "W-1", of("A", 3, paid="2697.00"), of("B"), freight=Decimal("17.00"))
    first = settle(sale(3 * 899_00, 3, freight_charged=14_67), TERMS)
    second = settle(sale(429_00, landed_cost=300_00, freight_charged=2_33), TERMS)
    allocation = send_all(hand_to(shops, order, {"A": first}))
    send_all(hand_to(shops, order, {"B": second}, shop=shops.shops[1], overrides=[(shops.shops[2].dealer.pk, 11_39)]))
    take_back(allocation, 2)

    entries = ConsumerEntry.objects.filter(order=order)
    sums = entries.aggregate(paid=Sum("paid"), freight=Sum("freight"), fee=Sum("payment_fee"))
    back = entries.get(kind="return").paid
    everybody = -sum(amount for account, amount in accounts().items() if account != "cash_clearing")

    assert sums["paid"] + sums["freight"] - back == order.total
    assert everybody + sums["fee"] == order.total + back
    assert not Journal.objects.annotate(sum=Sum("postings__amount")).exclude(sum=0).exists()


def test_entries_only_grow(shops: AllocationWorld) -> None:
    send_all(hand_to(shops, place_order(shops), {"A": at_price(1_099_00)}))

    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
        ConsumerEntry.objects.update(paid=1)


def test_a_settlement_of_zero_top_up_is_kept_as_it_was(shops: AllocationWorld) -> None:
    made: Settlement = at_price(1_099_00)
    allocation = send_all(hand_to(shops, place_order(shops), {"A": made}))

    entry = ConsumerEntry.objects.get()

    assert (entry.kind, entry.units, entry.paid, entry.freight) == ("sale", 1, money("1099.00"), 0)
    assert (entry.payment_fee, entry.top_up, entry.line) == (money("6.59"), 0, allocation.lines.get())
