"""What the demo company's tables are made of, and what `build` returns. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

Row = dict[str, str]


class Size(NamedTuple):
    """One size of a model: code for the SKU, labels, weight in kg and the list price in CNY without tax."""

    code: str
    en: str
    zh: str
    kg: str
    price: str


class Model(NamedTuple):
    """One product model; its variants are every size in every colour. `kind` names the drawing."""

    code: str
    kind: str
    category: str
    en: str
    zh: str
    unit: str
    multiple: int
    minimum: int
    material: str
    colours: str
    sizes: tuple[Size, ...]
    text_en: str
    text_zh: str
    washable: bool = True


@dataclass(frozen=True)
class PaymentPlan:
    """Money that arrives for an invoice: `share` of its total; the one with `settles` pays whatever remains open."""

    on: date
    share: Decimal
    settles: bool
    reference: str


@dataclass(frozen=True)
class CreditNotePlan:
    """Goods credited on an invoice, with the reason in the dealer's language."""

    number: str
    on: date
    reason: str
    quantities: Mapping[str, int]


@dataclass(frozen=True)
class InvoicePlan:
    """An invoice for some quantities of its order. On account: one per shipment; prepaid: one for the whole order."""

    number: str
    on: date
    due_on: date
    quantities: Mapping[str, int]
    payments: tuple[PaymentPlan, ...]
    credit_notes: tuple[CreditNotePlan, ...] = ()


@dataclass(frozen=True)
class ShipmentPlan:
    """A parcel or pallet that left the warehouse (aware UTC), with what is in it."""

    at: datetime
    carrier: str
    tracking: str
    quantities: Mapping[str, int]


@dataclass(frozen=True)
class OrderPlan:
    """One order of the past, without prices: the loader asks the price engine.

    All times are aware UTC and lie before the midnight that begins `today` in Asia/Shanghai. An order without
    `approved_at` and `rejected_at` still waits for review. `shipped_in_full` is false while quantities are open.
    """

    dealer: str
    outlet: str
    buyer_email: str
    placed_at: datetime
    po_number: str
    requested_on: date
    note: str
    lines: tuple[tuple[str, int], ...]
    decided_by: str
    approved_at: datetime | None = None
    rejected_at: datetime | None = None
    reject_reason: str = ""
    shipments: tuple[ShipmentPlan, ...] = ()
    invoices: tuple[InvoicePlan, ...] = ()
    received_at: datetime | None = None

    @property
    def waiting(self) -> bool:
        """Nobody decided yet."""
        return self.approved_at is None and self.rejected_at is None

    @property
    def shipped_in_full(self) -> bool:
        """Every line has left in its whole quantity."""
        sent: dict[str, int] = {}
        for shipment in self.shipments:
            for sku, quantity in shipment.quantities.items():
                sent[sku] = sent.get(sku, 0) + quantity
        return sent == dict(self.lines)


@dataclass(frozen=True)
class Picture:
    """A picture that products name: drawn by `portal.demo.pictures`."""

    file_name: str
    kind: str
    colour: tuple[int, int, int]
    tint: tuple[int, int, int]


@dataclass(frozen=True)
class Company:
    """Everything the demo loads: import rows with the canonical columns, logins, pictures, and the past six months."""

    name_en: str
    name_zh: str
    products: list[Row]
    stock: list[Row]
    prices: list[Row]
    sales_reps: list[Row]
    dealers: list[Row]
    users: list[Row]
    pictures: tuple[Picture, ...]
    history: list[OrderPlan]


def cm(size: str, kg: str, price: str) -> Size:
    """A size in centimetres."""
    return Size(size.replace(" × ", "X").replace(".", ""), f"{size} cm", f"{size} 厘米", kg, price)


def ml(size: str, kg: str, price: str) -> Size:
    """A capacity in millilitres."""
    return Size(size, f"{size} ml", f"{size} 毫升", kg, price)


def litres(size: str, kg: str, price: str) -> Size:
    """A capacity in litres."""
    return Size(size.replace(".", "") + "L", f"{size} l", f"{size} 升", kg, price)


def set_of(count: int, kg: str, price: str) -> Size:
    """A set of so many pieces."""
    return Size(f"S{count}", f"set of {count}", f"{count} 件套", kg, price)


def one(kg: str, price: str) -> Size:
    """The only size there is."""
    return Size("", "", "", kg, price)


def named(code: str, en: str, zh: str, kg: str, price: str) -> Size:
    """A size with a name of its own."""
    return Size(code, en, zh, kg, price)
