"""What an order must be like to be taken: every line and every amount is looked at, all problems are told at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from babel.numbers import list_currencies
from django.utils import timezone

from dealers.sentences import worded as _
from fulfilment.consumer.data import AddressData, ContactData, FieldProblem, LineData, OrderData
from pricing.money import cent

MOST_LINES = 1_000
MOST_PIECES = 100_000
MOST_AMOUNT = Decimal("99999999.99")
MOST_TOTAL = Decimal("99999999999.99")
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST_YEAR = 2199
AHEAD = timedelta(days=1)
METHODS = ("delivery", "pickup", "take_away")
#: The longest text of each field that is kept.
LENGTHS = {
    "external_number": 100,
    "attribution_code": 64,
    "campaign_code": 64,
    "pickup_outlet": 101,
    "postal_code": 20,
    "region": 100,
    "city": 100,
    "district": 100,
    "area_code": 20,
    "name": 200,
    "phone": 50,
    "email": 254,
    "address_line1": 300,
    "address_line2": 300,
    "sku": 100,
    "external_id": 64,
}


def problems_of(order: OrderData, currency: str) -> list[FieldProblem]:
    """Everything that is wrong with an order by itself; SKUs and outlets are looked up elsewhere."""
    return [
        *_head(order, currency),
        *_texts(order, "", ("external_number", "attribution_code", "campaign_code", "pickup_outlet")),
        *_address(order),
        *_lines(order),
        *_sums(order),
    ]


def _head(order: OrderData, currency: str) -> Iterator[FieldProblem]:
    number = order.external_number
    if not number.isprintable() or number != number.strip() or not number or "/" in number:
        yield FieldProblem("external_number", "number", _("Give the channel's number of the order, without a slash."))
    if order.currency != currency:
        words = {"given": order.currency[:10], "own": currency}
        text = _("This channel sells in %(own)s, not in %(given)s.") % words
        if order.currency not in list_currencies():
            text = _("“%(given)s” is no currency; this channel sells in %(own)s.") % words
        yield FieldProblem("currency", "currency", text)
    if not EARLIEST <= order.placed_at <= timezone.now() + AHEAD:
        yield FieldProblem("placed_at", "moment", _("This moment lies before the year 2000 or is yet to come."))
    if order.promised_on is not None and not EARLIEST.year <= order.promised_on.year <= LATEST_YEAR:
        yield FieldProblem("promised_on", "day", _("This day is too far away to be meant."))
    if order.method not in METHODS:
        words = {"known": ", ".join(METHODS)}
        yield FieldProblem("method", "method", _("Write one of: %(known)s.") % words)
    if order.method != "delivery" and not order.pickup_outlet:
        text = _("Name the outlet as dealer number/outlet code, such as D-100/MAIN.")
        yield FieldProblem("pickup_outlet", "required", text)


def _address(order: OrderData) -> Iterator[FieldProblem]:
    address, contact = order.address, order.contact
    yield from _texts(address, "address.", ("postal_code", "region", "city", "district", "area_code"))
    yield from _texts(contact, "contact.", ("name", "phone", "email", "address_line1", "address_line2"))
    if (address.latitude is None) != (address.longitude is None):
        missing = "latitude" if address.latitude is None else "longitude"
        yield FieldProblem(f"address.{missing}", "required", _("Give both latitude and longitude, or neither."))
    for name, value, most in (("latitude", address.latitude, 90), ("longitude", address.longitude, 180)):
        if value is not None and not (value.is_finite() and abs(value) <= most):
            yield FieldProblem(f"address.{name}", "range", _("Degrees from −%(most)s to %(most)s.") % {"most": most})
    if address.country and not (len(address.country) == 2 and address.country.isascii() and address.country.isupper()):
        yield FieldProblem("address.country", "country", _("Write the ISO code of two capital letters, such as CN."))
    if order.method == "delivery":
        yield from _deliverable(address, contact)


def _deliverable(address: AddressData, contact: ContactData) -> Iterator[FieldProblem]:
    needed = _("A delivery needs this.")
    if not address.country:
        yield FieldProblem("address.country", "required", needed)
    if not (address.postal_code or address.city or address.area_code):
        yield FieldProblem("address.postal_code", "required", _("Give the postcode, the city or the area code."))
    if not contact.name.strip():
        yield FieldProblem("contact.name", "required", needed)
    if not contact.address_line1.strip():
        yield FieldProblem("contact.address_line1", "required", needed)


def _lines(order: OrderData) -> Iterator[FieldProblem]:
    if not order.lines:
        yield FieldProblem("lines", "required", _("An order needs at least one line."))
    if len(order.lines) > MOST_LINES:
        count = {"lines": len(order.lines), "most": MOST_LINES}
        text = _("The order has %(lines)s lines; at most %(most)s are taken. Split it into several orders.")
        yield FieldProblem("lines", "too_many", text % count)
        return
    seen: dict[str, int] = {}
    for index, line in enumerate(order.lines):
        yield from _line(line, f"lines[{index}].", order.currency)
        if line.external_id:
            first = seen.setdefault(line.external_id, index)
            if first != index:
                text = _("Line %(first)s has this id already.") % {"first": f"lines[{first}]"}
                yield FieldProblem(f"lines[{index}].external_id", "repeated", text)


def _line(line: LineData, at: str, currency: str) -> Iterator[FieldProblem]:
    yield from _texts(line, at, ("sku", "external_id"))
    if not 1 <= line.quantity <= MOST_PIECES:
        words = {"most": MOST_PIECES}
        yield FieldProblem(f"{at}quantity", "quantity", _("A whole number from 1 to %(most)s.") % words)
    amounts = ("gross", "discount_supplier", "discount_dealer", "paid")
    wrong = False
    for name in amounts:
        for problem in _amount(getattr(line, name), f"{at}{name}", currency, MOST_AMOUNT):
            wrong = True
            yield problem
    if not wrong and line.gross - line.discount_supplier - line.discount_dealer != line.paid:
        due = line.gross - line.discount_supplier - line.discount_dealer
        text = _("Gross less discounts is %(due)s, not %(paid)s.") % {"due": f"{due:f}", "paid": f"{line.paid:f}"}
        yield FieldProblem(f"{at}paid", "sum", text)


def _sums(order: OrderData) -> Iterator[FieldProblem]:
    wrong = False
    for name in ("freight", "payment_fee", "total"):
        for problem in _amount(getattr(order, name), name, order.currency, MOST_TOTAL):
            wrong = True
            yield problem
    paid = [line.paid for line in order.lines]
    if wrong or len(paid) > MOST_LINES or not all(amount.is_finite() and abs(amount) <= MOST_AMOUNT for amount in paid):
        return
    due = sum(paid, order.freight)
    if due != order.total:
        words = {"due": f"{due:f}", "total": f"{order.total:f}"}
        text = _("The lines and the freight come to %(due)s, not %(total)s.") % words
        yield FieldProblem("total", "sum", text)


def _amount(amount: Decimal, path: str, currency: str, most: Decimal) -> Iterator[FieldProblem]:
    if not amount.is_finite() or abs(amount) > most:
        yield FieldProblem(path, "amount", _("An amount of at most %(most)s.") % {"most": f"{most:f}"})
    elif amount < 0:
        yield FieldProblem(path, "negative", _("An amount cannot be negative."))
    elif amount != amount.quantize(cent(currency)):
        words = {"unit": f"{cent(currency):f}"}
        yield FieldProblem(path, "too_fine", _("The smallest amount of this currency is %(unit)s.") % words)


def _texts(thing: Any, at: str, names: tuple[str, ...]) -> Iterator[FieldProblem]:
    for name in names:
        text = getattr(thing, name)
        if len(text) > LENGTHS[name]:
            words = {"most": LENGTHS[name]}
            yield FieldProblem(f"{at}{name}", "too_long", _("At most %(most)s characters.") % words)
        elif not storable(text):
            yield FieldProblem(f"{at}{name}", "characters", _("This holds characters that cannot be kept."))


def storable(text: str) -> bool:
    """Whether a database text can be this: no NUL and no half of a pair of code units."""
    return not any(letter == "\x00" or "\ud800" <= letter <= "\udfff" for letter in text)
