"""How a payment notice is split: what is paid with money, what with credit notes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from erp_bridge.adapters.ubl.documents import RemittanceLine

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Split:
    """`paid`: invoice → money; `used`: credit note → invoice → amount. Both without zeros."""

    paid: dict[str, Decimal]
    used: dict[str, dict[str, Decimal]]


def split(lines: Iterable[RemittanceLine], corrects: Mapping[str, str]) -> Split:
    """Let each credit note pay first the invoice that it `corrects`, then the others of the notice in their order.

    The money pays the rest. What a credit note cannot pay here stays to the dealer's good.
    """
    due: dict[str, Decimal] = {}
    credits: dict[str, Decimal] = {}
    for line in lines:
        if line.invoice:
            due[line.invoice] = due.get(line.invoice, ZERO) + line.amount
        elif line.credit_note:
            credits[line.credit_note] = credits.get(line.credit_note, ZERO) - line.amount
    used: dict[str, dict[str, Decimal]] = {}
    for credit_note, left in credits.items():
        first = corrects.get(credit_note, "")
        for invoice in sorted(due, key=lambda number: number != first):
            part = min(left, due[invoice])
            if part > 0:
                used.setdefault(credit_note, {})[invoice] = part
                due[invoice] -= part
                left -= part
    return Split({invoice: amount for invoice, amount in due.items() if amount}, used)
