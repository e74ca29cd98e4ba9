"""A consumer order as a channel tells it, and its fingerprint. Pure.

Amounts are in the channel's currency and include VAT, as the consumer paid them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

NOTHING = Decimal("0.00")


@dataclass(frozen=True)
class LineData:
    """One line: `paid` is what the consumer paid for it after both discounts; `gross` − discounts = `paid`."""

    sku: str
    quantity: int
    gross: Decimal
    paid: Decimal
    discount_supplier: Decimal = NOTHING
    discount_dealer: Decimal = NOTHING
    external_id: str = ""


@dataclass(frozen=True)
class AddressData:
    """Where the goods go. `area_code` is China's six-digit code of a province, city or county, where known."""

    country: str = ""
    postal_code: str = ""
    region: str = ""
    city: str = ""
    district: str = ""
    area_code: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None


@dataclass(frozen=True)
class ContactData:
    """Who gets them: kept apart from the order, and removed by policy."""

    name: str = ""
    phone: str = ""
    email: str = ""
    address_line1: str = ""
    address_line2: str = ""


@dataclass(frozen=True)
class OrderData:
    """One consumer order. `total` = the lines' `paid` + `freight`. `pickup_outlet` is `dealer number/outlet code`."""

    external_number: str
    currency: str
    placed_at: datetime
    lines: tuple[LineData, ...]
    total: Decimal
    freight: Decimal = NOTHING
    payment_fee: Decimal = NOTHING
    method: str = "delivery"
    address: AddressData = field(default_factory=AddressData)
    contact: ContactData = field(default_factory=ContactData)
    pickup_outlet: str = ""
    promised_on: date | None = None
    attribution_code: str = ""
    campaign_code: str = ""


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong at one place of an order: the path (`lines[3].quantity`), a code for machines, a sentence."""

    path: str
    code: str
    message: str


class ConsumerRefused(Exception):
    """The order cannot be taken; nothing of it was kept. `problems` names every field to mend."""

    def __init__(self, problems: tuple[FieldProblem, ...] | list[FieldProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in self.problems))


class ConsumerConflict(ConsumerRefused):
    """The number, version or state says otherwise than the request; nothing was changed."""

    def __init__(self, path: str, code: str, message: str) -> None:
        super().__init__((FieldProblem(path, code, message),))


def body_hash(data: Any) -> str:
    """The fingerprint of what was said, however it was spelled: 1.5 and 1.50, and moments in other zones, are equal."""
    said = json.dumps(asdict(data), sort_keys=True, ensure_ascii=True, default=_plain)
    return hashlib.sha256(said.encode()).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)
