"""What the ERP bridge is told about an order: frozen at approval, complete, and independent of later edits.

The shape follows UBL 2.1 (order, party, address, line, tax subtotal). Pure: no Django. Amounts are Decimal in the
order's currency, already rounded by the price path. A snapshot whose sums differ is refused, as the ERP would do.
Text loses only what neither XML nor PostgreSQL can carry (control characters), replaced by U+FFFD at construction.
"""

import dataclasses
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fulfilment.frozen import Json, SnapshotRefused, canonical_json, carriable, decode, digest, encode, settled_offset

__all__ = [
    "Allowance",
    "Charge",
    "Contact",
    "DeliveryAddress",
    "DeliveryTerms",
    "OrderLine",
    "OrderSnapshot",
    "Party",
    "PaymentTerms",
    "SnapshotRefused",
    "TaxSubtotal",
    "Totals",
]

FORMAT = "order/4"
#: What an outbox filled before charges and delivery terms were told still holds.
BEFORE_CHARGES = "order/1"
#: And before discounts were.
BEFORE_DISCOUNTS = "order/2"
#: And before surcharges were.
BEFORE_SURCHARGES = "order/3"

# Twelve digits before the point and six after: more than any price list, less than what XML Schema can carry.
_LARGEST = Decimal(10) ** 12
_MOST_DECIMALS = 6


class _Checked:
    """Cleans text and refuses wrong types and impossible numbers as soon as the object is made."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if isinstance(value, float):
                raise SnapshotRefused(f"{field.name} is a float; amounts and quantities are Decimal.")
            if isinstance(value, str):
                object.__setattr__(self, field.name, carriable(value))
            elif isinstance(value, tuple) and value and isinstance(value[0], str):
                object.__setattr__(self, field.name, tuple(carriable(item) for item in value))
            elif isinstance(value, Decimal):
                _check_number(field.name, value)
            elif isinstance(value, datetime):
                object.__setattr__(self, field.name, settled_offset(value))
        self.check()

    def check(self) -> None:
        """Refuse what does not hold together; raises SnapshotRefused."""


def _check_number(name: str, value: Decimal) -> None:
    if not value.is_finite() or abs(value) >= _LARGEST:
        raise SnapshotRefused(f"{name} {value} is not a number below {_LARGEST:,}.")
    if -int(value.as_tuple().exponent) > _MOST_DECIMALS:
        raise SnapshotRefused(f"{name} {value} has more than {_MOST_DECIMALS} decimals.")


def _require(name: str, value: str, pattern: str = r"(?s).*\S.*") -> None:
    if not re.fullmatch(pattern, value):
        raise SnapshotRefused(f"{name} {value!r} is empty or not of the form it must have.")


@dataclass(frozen=True, slots=True)
class Contact(_Checked):
    """A person at the dealer; each part may be empty."""

    name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Party(_Checked):
    """The dealer (``number`` is the supplier's dealer number) or the supplier (``number`` may be empty)."""

    number: str
    name: str
    tax_id: str = ""
    contact: Contact = Contact()

    def check(self) -> None:
        _require("party name", self.name)


@dataclass(frozen=True, slots=True)
class DeliveryAddress(_Checked):
    """The outlet that receives the goods: street ``lines`` from first to last, ``country`` as ISO 3166-1 alpha-2."""

    outlet_code: str
    name: str
    lines: tuple[str, ...]
    city: str
    region: str
    postcode: str
    country: str
    contact: Contact = Contact()

    def check(self) -> None:
        _require("country", self.country, "[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class PaymentTerms(_Checked):
    """How the dealer pays: the words, and the days after invoice (None when the words alone rule)."""

    note: str = ""
    days: int | None = None

    def check(self) -> None:
        if self.days is not None and not 0 <= self.days <= 3650:
            raise SnapshotRefused(f"payment days {self.days} are not between 0 and 3650.")


@dataclass(frozen=True, slots=True)
class DeliveryTerms(_Checked):
    """How the dealer wants the goods: in parts or only together (``partial``), the last day (``latest``) after which
    what is missing is to be cancelled, and both in words."""

    note: str = ""
    partial: bool = True
    latest: date | None = None


@dataclass(frozen=True, slots=True)
class Charge(_Checked):
    """What is charged for the order as a whole, such as freight, or a surcharge with all its lines' parts together.

    ``code`` is of UNCL 7161 (FC freight service, ZZZ mutually defined); ``id`` is the surcharge's own code, by which an
    ERP knows it.
    """

    reason: str
    code: str
    net: Decimal
    tax: Decimal
    percent: Decimal
    category: str = "S"
    id: str = ""

    def check(self) -> None:
        _require("charge code", self.code, "[A-Z]{2,3}")
        _require("tax category", self.category, "[A-Z]{1,3}")
        if self.net < 0:
            raise SnapshotRefused("A charge is not below zero.")


@dataclass(frozen=True, slots=True)
class Allowance(_Checked):
    """What is taken off a line. ``code`` is of UNCL 5189 (95 discount), ``reason`` the promotion's code."""

    amount: Decimal
    code: str
    reason: str

    def check(self) -> None:
        _require("allowance code", self.code, "[0-9]{1,3}")
        if self.amount <= 0:
            raise SnapshotRefused("An allowance is above zero.")


@dataclass(frozen=True, slots=True)
class TaxSubtotal(_Checked):
    """Tax of one category and percentage. ``category`` is a UNCL 5305 code: S standard, Z zero, E exempt."""

    taxable: Decimal
    tax: Decimal
    percent: Decimal
    category: str = "S"

    def check(self) -> None:
        _require("tax category", self.category, "[A-Z]{1,3}")


@dataclass(frozen=True, slots=True)
class OrderLine(_Checked):
    """One line. ``unit`` is a UN/ECE Rec. 20 code (C62 piece, KGM).

    ``unit_price`` is before tax and allowances, per ``base_quantity``; ``net_amount`` is what is left after
    the ``allowances``.
    """

    line_id: str
    sku: str
    name: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    net_amount: Decimal
    tax_amount: Decimal
    tax_percent: Decimal
    tax_category: str = "S"
    base_quantity: Decimal = Decimal(1)
    buyer_item: str = ""
    gtin: str = ""
    note: str = ""
    requested_date: date | None = None
    allowances: tuple[Allowance, ...] = ()

    def check(self) -> None:
        _require("line id", self.line_id)
        _require("SKU", self.sku)
        _require("unit", self.unit, "[A-Z0-9]{2,3}")
        _require("tax category", self.tax_category, "[A-Z]{1,3}")
        if self.quantity <= 0 or self.base_quantity <= 0 or self.unit_price < 0:
            raise SnapshotRefused(f"line {self.line_id}: quantities are above zero and prices not below.")


@dataclass(frozen=True, slots=True)
class Totals(_Checked):
    """The sums of the order; ``payable`` is what the dealer owes for it, ``charges`` come on top of the lines."""

    line_extension: Decimal
    tax_exclusive: Decimal
    tax_inclusive: Decimal
    payable: Decimal
    charges: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class OrderSnapshot(_Checked):
    """One approved order as the ERP gets it.

    ``key`` is the idempotency key: 26 to 32 letters and digits, never reused, the same for every attempt.
    ``po_number`` is the dealer's own reference. Refuses an order without lines, a line id used twice, and sums that
    differ: lines against ``line_extension``, charges against theirs, taxes of lines and charges against the subtotals,
    totals with tax against without.
    """

    number: str
    key: str
    issued_at: datetime
    currency: str
    buyer: Party
    supplier: Party
    delivery: DeliveryAddress
    lines: tuple[OrderLine, ...]
    totals: Totals
    taxes: tuple[TaxSubtotal, ...]
    po_number: str = ""
    requested_date: date | None = None
    note: str = ""
    payment_terms: PaymentTerms = PaymentTerms()
    charges: tuple[Charge, ...] = ()
    delivery_terms: DeliveryTerms = DeliveryTerms()

    def check(self) -> None:
        _require("order number", self.number)
        _require("key", self.key, "[A-Za-z0-9]{26,32}")
        _require("currency", self.currency, "[A-Z]{3}")
        _require("dealer number", self.buyer.number)
        if not self.lines:
            raise SnapshotRefused("An order without lines is not sent.")
        if len({line.line_id for line in self.lines}) != len(self.lines):
            raise SnapshotRefused("Two lines have the same line id.")
        self._check_sums()

    def _check_sums(self) -> None:
        net = sum((line.net_amount for line in self.lines), Decimal(0))
        charged = sum((charge.net for charge in self.charges), Decimal(0))
        tax = sum((line.tax_amount for line in self.lines), Decimal(0))
        tax += sum((charge.tax for charge in self.charges), Decimal(0))
        by_category = sum((subtotal.tax for subtotal in self.taxes), Decimal(0))
        pairs = (
            ("sum of the lines", net, "line extension", self.totals.line_extension),
            ("sum of the charges", charged, "charge total", self.totals.charges),
            (
                "line extension plus charges",
                self.totals.line_extension + charged,
                "total without tax",
                self.totals.tax_exclusive,
            ),
            ("tax of the lines and charges", tax, "tax subtotals", by_category),
            (
                "total without tax plus tax",
                self.totals.tax_exclusive + tax,
                "total with tax",
                self.totals.tax_inclusive,
            ),
        )
        for left, one, right, other in pairs:
            if one != other:
                raise SnapshotRefused(f"The {left} is {one}, the {right} {other}; they must be equal.")

    def to_json(self) -> Json:
        """The payload of the outbox row: JSON values only, every digit kept."""
        return {"format": FORMAT, **encode(self)}

    @classmethod
    def from_json(cls, data: Any) -> "OrderSnapshot":
        """Exactly the snapshot that ``to_json`` wrote; raises SnapshotRefused naming the field otherwise."""
        if isinstance(data, dict) and data.get("format") == BEFORE_CHARGES:
            data = _upgraded(data)
        if isinstance(data, dict) and data.get("format") == BEFORE_DISCOUNTS:
            data = {**_with(data, "lines", "allowances", []), "format": BEFORE_SURCHARGES}
        if isinstance(data, dict) and data.get("format") == BEFORE_SURCHARGES:
            data = {**_with(data, "charges", "id", ""), "format": FORMAT}
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise SnapshotRefused(f"The payload is not of the format {FORMAT}.")
        return decode(cls, {name: value for name, value in data.items() if name != "format"})

    def canonical_json(self) -> bytes:
        """The payload as bytes that do not depend on key order."""
        return canonical_json(self.to_json())

    def sha256(self) -> str:
        """Fingerprint of the payload: 64 hexadecimal characters, equal exactly when the payload is equal."""
        return digest(self.to_json())


def _upgraded(data: Json) -> Json:
    """A payload of the format before, with what it could not say left unsaid."""
    totals = data.get("totals")
    more: Json = {"format": BEFORE_DISCOUNTS, "charges": [], "delivery_terms": encode(DeliveryTerms())}
    if isinstance(totals, dict):
        more["totals"] = {**totals, "charges": "0"}
    return {**_with(data, "lines", "requested_date", None), **more}


def _with(data: Json, many: str, name: str, value: Any) -> Json:
    """The payload with another field in each of its lines or charges, if they are such at all."""
    parts = data.get(many)
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        return data
    return {**data, many: [{**part, name: value} for part in parts]}
