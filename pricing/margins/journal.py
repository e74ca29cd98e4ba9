"""The journal of an allocated line: who owes whom, debits above zero, the sum zero."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pricing.margins.settle import Settlement
from pricing.margins.terms import Model


class Party(StrEnum):
    """Whose gain or cost an entry is. `CONSUMER`: the consumer's cash on its way through clearing."""

    CONSUMER = "consumer"
    SUPPLIER = "supplier"
    DEALER = "dealer"
    GUIDE = "guide"
    TERRITORY_OWNER = "territory_owner"


class Account(StrEnum):
    """The accounts of an allocation."""

    CASH_CLEARING = "cash_clearing"
    PAYMENT_FEE = "payment_fee"
    SUPPLIER_DISCOUNT = "supplier_discount"
    SUBSIDY = "subsidy"
    GUIDE_EXPENSE = "guide_expense"
    OVERRIDE_EXPENSE = "override_expense"
    GOODS_BOUGHT_BACK = "goods_bought_back"
    FULFILMENT_FEE = "fulfilment_fee"
    COMMISSION_INCOME = "commission_income"
    CONSUMER_SALES = "consumer_sales"
    DEALER_PAYABLE = "dealer_payable"
    GUIDE_PAYABLE = "guide_payable"
    OVERRIDE_PAYABLE = "override_payable"


PARTIES = {
    Account.CASH_CLEARING: Party.CONSUMER,
    Account.DEALER_PAYABLE: Party.DEALER,
    Account.GUIDE_PAYABLE: Party.GUIDE,
    Account.OVERRIDE_PAYABLE: Party.TERRITORY_OWNER,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An amount on an account, tax included; debits are above zero.

    `of_freight` marks what the consumer paid for sending, which a return leaves alone unless the fault is the dealer's.
    """

    account: Account
    amount: int
    of_freight: bool = False

    @property
    def party(self) -> Party:
        """Whose entry it is; what is nobody else's is the supplier's."""
        return PARTIES.get(self.account, Party.SUPPLIER)


def entries(settlement: Settlement, *, override: int = 0) -> tuple[Entry, ...]:
    """The entries of an allocated line; nothing of zero. `override` is what the territory's owner gets.

    The cash is what arrives after the payment provider kept its fee. Refuses a settlement that was refused.
    """
    if settlement.refusal:
        raise ValueError(f"A line refused for {settlement.refusal} is not booked.")
    sale, due = settlement.sale, settlement.fees
    goods = [
        (Account.CASH_CLEARING, sale.paid - due.payment),
        (Account.PAYMENT_FEE, due.payment_on_supplier),
        (Account.GUIDE_EXPENSE, due.guide_on_supplier),
        (Account.GUIDE_PAYABLE, -due.guide),
        (Account.OVERRIDE_EXPENSE, override),
        (Account.OVERRIDE_PAYABLE, -override),
    ]
    if settlement.terms.model is Model.DEALER_SELLS:
        receiver = Account.DEALER_PAYABLE
        goods += [
            (Account.SUPPLIER_DISCOUNT, sale.supplier_discount),
            (Account.SUBSIDY, settlement.top_up),
            (Account.COMMISSION_INCOME, -due.commission),
            (Account.DEALER_PAYABLE, sale.freight_charged - settlement.dealer_receives),
        ]
    else:
        receiver = Account.CONSUMER_SALES
        goods += [
            (Account.CONSUMER_SALES, -sale.paid),
            (Account.GOODS_BOUGHT_BACK, sale.landed_cost),
            (Account.FULFILMENT_FEE, settlement.fulfilment_fee),
            (Account.DEALER_PAYABLE, -settlement.dealer_receives),
        ]
    freight = [(Account.CASH_CLEARING, sale.freight_charged), (receiver, -sale.freight_charged)]
    return (
        *(Entry(account, amount) for account, amount in goods if amount),
        *(Entry(account, amount, of_freight=True) for account, amount in freight if amount),
    )


def warehouse_entries(paid: int, freight_charged: int, payment_fee: int, *, override: int = 0) -> tuple[Entry, ...]:
    """The entries of a line sent from the supplier's own warehouse (model C with goods of the supplier)."""
    goods = [
        (Account.CASH_CLEARING, paid - payment_fee),
        (Account.PAYMENT_FEE, payment_fee),
        (Account.CONSUMER_SALES, -paid),
        (Account.OVERRIDE_EXPENSE, override),
        (Account.OVERRIDE_PAYABLE, -override),
    ]
    freight = [(Account.CASH_CLEARING, freight_charged), (Account.CONSUMER_SALES, -freight_charged)]
    return (
        *(Entry(account, amount) for account, amount in goods if amount),
        *(Entry(account, amount, of_freight=True) for account, amount in freight if amount),
    )


def balance(journals: Iterable[Sequence[Entry]]) -> dict[Account, int]:
    """What each account comes to over journals; accounts that come to nothing are left out."""
    sums: dict[Account, int] = {}
    for journal in journals:
        for entry in journal:
            sums[entry.account] = sums.get(entry.account, 0) + entry.amount
    return {account: amount for account, amount in sums.items() if amount}
