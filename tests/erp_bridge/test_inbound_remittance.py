"""How a payment notice is split between money and credit notes."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from erp_bridge.adapters.ubl.documents import RemittanceLine
from erp_bridge.inbound.remittance import split

D = Decimal


def line(number: str, amount: str | Decimal) -> RemittanceLine:
    credit = number.startswith("CN")
    return RemittanceLine("1", "" if credit else number, number if credit else "", D(amount), "")


def test_a_credit_note_pays_the_invoice_it_corrects_first() -> None:
    parts = split([line("A", "100"), line("B", "50"), line("CN-1", "-60")], {"CN-1": "B"})

    assert parts.used == {"CN-1": {"B": D(50), "A": D(10)}}
    assert parts.paid == {"A": D(90)}


def test_what_a_credit_note_cannot_pay_here_stays_unused() -> None:
    parts = split([line("A", "10"), line("", "50"), line("CN-1", "-60")], {})

    assert (parts.used, parts.paid) == ({"CN-1": {"A": D(10)}}, {})


amounts = st.integers(1, 10_000).map(lambda cents: D(cents) / 100)


@given(
    due=st.dictionaries(st.sampled_from("ABCD"), amounts, max_size=4),
    credits=st.dictionaries(st.sampled_from(("CN-1", "CN-2")), amounts, max_size=2),
)
def test_every_invoice_is_paid_in_full_and_no_credit_note_beyond_itself(
    due: dict[str, Decimal], credits: dict[str, Decimal]
) -> None:
    lines = [line(number, amount) for number, amount in due.items()]
    lines += [line(number, -amount) for number, amount in credits.items()]

    parts = split(lines, {"CN-1": "A"})

    for invoice, amount in due.items():
        by_credit = sum((used.get(invoice, D(0)) for used in parts.used.values()), D(0))
        assert parts.paid.get(invoice, D(0)) + by_credit == amount
    for number, amount in credits.items():
        assert sum(parts.used.get(number, {}).values()) <= amount
