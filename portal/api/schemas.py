"""What channels send and are answered. Field for field what `fulfilment.consumer.data` describes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, GetJsonSchemaHandler, StringConstraints

from fulfilment.consumer.checks import LENGTHS, MOST_LINES, MOST_PIECES, storable
from fulfilment.consumer.data import AddressData, ContactData, LineData, OrderData
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.consumer.receive import MOST_ORDERS


def storable_text(text: str) -> str:
    """Text that can be kept."""
    if not storable(text):
        raise ValueError("holds characters that cannot be kept")
    return text


def in_time(moment: datetime) -> datetime:
    """A moment in UTC, within the years that can be kept."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as why:
        raise ValueError("is too far away") from why


def _text(name: str, least: int = 0) -> Any:
    return Annotated[str, StringConstraints(min_length=least, max_length=LENGTHS[name]), AfterValidator(storable_text)]


Amount = Annotated[
    Decimal,
    Field(ge=0, max_digits=13, decimal_places=2, allow_inf_nan=False, examples=["59.80"]),
]
Degrees = Annotated[Decimal, Field(max_digits=20, allow_inf_nan=False)]
Zero = Decimal("0.00")


class Strict(Schema):
    """Refuses fields that it does not know: a misspelt discount must not vanish."""

    model_config = ConfigDict(extra="forbid")


class LineIn(Strict):
    """One line. `paid` is what the consumer paid for it, VAT included: `gross` less both discounts."""

    sku: _text("sku", 1)  # type: ignore[valid-type]  # built from the table of lengths
    quantity: Annotated[int, Field(ge=1, le=MOST_PIECES, strict=True)]
    gross: Amount
    paid: Amount
    discount_supplier: Amount = Zero
    discount_dealer: Amount = Zero
    external_id: _text("external_id") = ""  # type: ignore[valid-type]  # built from the table of lengths


class AddressIn(Strict):
    """Where the goods go. With coordinates nothing is looked up; `area_code` is China's six-digit code."""

    country: Annotated[str, StringConstraints(pattern="^([A-Z][A-Z])?$")] = ""
    postal_code: _text("postal_code") = ""  # type: ignore[valid-type]  # built from the table of lengths
    region: _text("region") = ""  # type: ignore[valid-type]  # built from the table of lengths
    city: _text("city") = ""  # type: ignore[valid-type]  # built from the table of lengths
    district: _text("district") = ""  # type: ignore[valid-type]  # built from the table of lengths
    area_code: _text("area_code") = ""  # type: ignore[valid-type]  # built from the table of lengths
    latitude: Annotated[Degrees, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[Degrees, Field(ge=-180, le=180)] | None = None


class ContactIn(Strict):
    """Who gets them. Removed by policy after the order."""

    name: _text("name") = ""  # type: ignore[valid-type]  # built from the table of lengths
    phone: _text("phone") = ""  # type: ignore[valid-type]  # built from the table of lengths
    email: _text("email") = ""  # type: ignore[valid-type]  # built from the table of lengths
    address_line1: _text("address_line1") = ""  # type: ignore[valid-type]  # built from the table of lengths
    address_line2: _text("address_line2") = ""  # type: ignore[valid-type]  # built from the table of lengths


class OrderIn(Strict):
    """A consumer order. `total` = the lines' `paid` + `freight`. `pickup_outlet`: dealer number/outlet code."""

    external_number: _text("external_number", 1)  # type: ignore[valid-type]  # built from the table of lengths
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
    placed_at: Annotated[AwareDatetime, AfterValidator(in_time)]
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=MOST_LINES)]
    total: Amount
    freight: Amount = Zero
    payment_fee: Amount = Zero
    method: Annotated[str, StringConstraints(pattern="^(delivery|pickup|take_away)$")] = "delivery"
    address: AddressIn = AddressIn()
    contact: ContactIn = ContactIn()
    pickup_outlet: _text("pickup_outlet") = ""  # type: ignore[valid-type]  # built from the table of lengths
    promised_on: date | None = None
    attribution_code: _text("attribution_code") = ""  # type: ignore[valid-type]  # built from the table of lengths
    campaign_code: _text("campaign_code") = ""  # type: ignore[valid-type]  # built from the table of lengths

    def data(self) -> OrderData:
        """As the service takes it."""
        said = {name: getattr(self, name) for name in _PLAIN}
        address = self.address.model_dump()
        for name in ("latitude", "longitude"):
            if address[name] is not None:
                address[name] = address[name].quantize(Decimal("0.000001"))
        return OrderData(
            **said,
            lines=tuple(LineData(**line.model_dump()) for line in self.lines),
            address=AddressData(**address),
            contact=ContactData(**self.contact.model_dump()),
        )


_PLAIN = (
    "external_number",
    "currency",
    "placed_at",
    "total",
    "freight",
    "payment_fee",
    "method",
    "pickup_outlet",
    "promised_on",
    "attribution_code",
    "campaign_code",
)


class _LooksLikeAnOrder:
    """Told in the document as an `OrderIn`, though each is read by itself."""

    def __get_pydantic_json_schema__(self, _core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(OrderIn.__pydantic_core_schema__)


class BatchIn(Strict):
    """Several orders; each is answered by itself, so one that is refused stops none of the others."""

    orders: Annotated[list[Annotated[dict[str, Any], _LooksLikeAnOrder()]], Field(min_length=1, max_length=MOST_ORDERS)]


Version = Annotated[int, Field(ge=1, le=2**31 - 2, strict=True)]


class ChangeIn(Strict):
    """The whole order as it shall stand, for the version that the channel has seen."""

    expected_version: Version
    order: OrderIn


class CancelIn(Strict):
    """Cancel the version that the channel has seen."""

    expected_version: Version
    reason: Annotated[str, StringConstraints(max_length=500), AfterValidator(storable_text)] = ""


class ReceiptOut(Schema):
    """An order was taken; the same order again is answered the same."""

    external_number: str
    version: int
    state: str
    received_at: datetime

    @classmethod
    def of(cls, order: ConsumerOrder) -> ReceiptOut:
        """The receipt of an order as it came in."""
        return cls(
            external_number=order.external_number,
            version=1,
            state=order.intake_state,
            received_at=order.received_at,
        )


class CarriedOut(Schema):
    """A command was carried out; the same command again is answered the same."""

    external_number: str
    version: int
    state: str
    total: Decimal


class LineOut(Schema):
    """A line as it is kept."""

    position: int
    external_id: str
    sku: str
    quantity: int
    gross: Decimal
    discount_supplier: Decimal
    discount_dealer: Decimal
    paid: Decimal


class OrderOut(Schema):
    """An order as it stands. Personal data is not told back."""

    external_number: str
    version: int
    state: str
    currency: str
    placed_at: datetime
    received_at: datetime
    promised_on: date | None
    method: str
    goods_total: Decimal
    freight: Decimal
    payment_fee: Decimal
    total: Decimal
    lines: list[LineOut]


class ErrorOut(Schema):
    """What is wrong at one field."""

    field: str
    code: str
    message: str


class ProblemOut(Schema):
    """A refusal (application/problem+json). Nothing was kept or changed."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[ErrorOut]


class BatchAnswerOut(Schema):
    """What became of one order of a batch: its receipt, or the problem."""

    status: int
    external_number: str
    receipt: ReceiptOut | None = None
    problem: ProblemOut | None = None


class BatchOut(Schema):
    """The answers in the order of the orders."""

    answers: list[BatchAnswerOut]
