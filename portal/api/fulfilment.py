"""How far consumer orders are, over the API: where each line stands, pickup codes, receipt and returns."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from ninja import Router, Schema
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from fulfilment.consumer import commands
from fulfilment.handover import channels
from fulfilment.handover.models import ReturnCause
from portal.api.consumer_orders import REFUSALS, ChannelRequest
from portal.api.schemas import ProblemOut, Strict, Version, in_time, storable_text

router = Router(tags=["fulfilment"])
Reference = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(storable_text)]
Note = Annotated[str, StringConstraints(max_length=500), AfterValidator(storable_text)]


class LineStandsOut(Schema):
    """Where a line stands. `fate` is waiting, offered, backlog, accepted, supplier_warehouse, sent, completed or
    cancelled."""

    position: int
    external_id: str
    sku: str
    quantity: int
    fate: str
    outlet: str
    carrier: str
    tracking_number: str
    sent_at: datetime | None
    returned: int


class FulfilmentOut(Schema):
    """How far an order is."""

    external_number: str
    version: int
    state: str
    lines: list[LineStandsOut]


class VersionIn(Strict):
    """For the version that the channel has seen."""

    expected_version: Version


class ReceivedIn(VersionIn):
    """The consumer has everything, since `received_at` (now unless told, never in the future)."""

    received_at: Annotated[AwareDatetime, AfterValidator(in_time)] | None = None


class CodeOut(Schema):
    """A code of twelve digits for the consumer. It is told now and never again; a new one voids it."""

    outlet: str
    code: str
    good_until: datetime
    positions: list[int]


class CodesOut(Schema):
    """The codes of an order, one for each outlet where something waits."""

    external_number: str
    codes: list[CodeOut]


class BackIn(Strict):
    """Units of a line that came back."""

    position: Annotated[int, Field(ge=1, le=2**31 - 1, strict=True)]
    units: Annotated[int, Field(ge=1, le=2**31 - 1, strict=True)]
    resellable: bool = False


def each_once(lines: list[BackIn]) -> list[BackIn]:
    """Lines of which none is named twice."""
    if len({line.position for line in lines}) != len(lines):
        raise ValueError("names a line twice")
    return lines


class ReturnIn(VersionIn):
    """Goods that came back. The same `reference` again is answered the same."""

    reference: Reference
    cause: ReturnCause
    lines: Annotated[list[BackIn], Field(min_length=1, max_length=1_000), AfterValidator(each_once)]
    note: Note = ""


class ReturnOut(Schema):
    """A return was noted."""

    external_number: str
    reference: str
    by_dealers_fault: bool


@router.get("/{number}/fulfilment", response={200: FulfilmentOut, REFUSALS: ProblemOut}, summary="Where lines stand")
def stands(request: ChannelRequest, number: str) -> FulfilmentOut:
    """Each line with its outlet, parcel and what came back."""
    order = commands.find(request.auth.channel, number)
    lines = [
        LineStandsOut(
            position=each.line.position,
            external_id=each.line.external_id,
            sku=each.line.sku,
            quantity=each.line.quantity,
            fate=each.fate.value,
            outlet=each.outlet,
            carrier=each.carrier,
            tracking_number=each.tracking_number,
            sent_at=each.sent_at,
            returned=each.returned,
        )
        for each in channels.lines_stand(order)
    ]
    return FulfilmentOut(external_number=number, version=order.version, state=order.state, lines=lines)


@router.post("/{number}/pickup-code", response={200: CodesOut, REFUSALS: ProblemOut}, summary="Get pickup codes")
def pickup_code(request: ChannelRequest, number: str, wish: VersionIn) -> CodesOut:
    """New codes for what is packed and waits; a repeat answers other codes and voids these."""
    found = channels.pickup_codes(request.auth.channel, number, expected_version=wish.expected_version)
    codes = [
        CodeOut(outlet=each.outlet, code=each.issued.code, good_until=each.issued.expires_at, positions=each.positions)
        for each in found
    ]
    return CodesOut(external_number=number, codes=codes)


@router.post("/{number}/receipt", response={200: FulfilmentOut, REFUSALS: ProblemOut}, summary="Tell of the receipt")
def receipt(request: ChannelRequest, number: str, wish: ReceivedIn) -> FulfilmentOut:
    """The consumer has everything; refused while something has not left."""
    channels.receive(request.auth.channel, number, expected_version=wish.expected_version, at=wish.received_at)
    return stands(request, number)


@router.post("/{number}/returns", response={200: ReturnOut, REFUSALS: ProblemOut}, summary="Tell of a return")
def give_back(request: ChannelRequest, number: str, wish: ReturnIn) -> ReturnOut:
    """Goods came back; a line is named once."""
    made = channels.give_back(
        request.auth.channel,
        number,
        expected_version=wish.expected_version,
        reference=wish.reference,
        cause=wish.cause,
        units={line.position: (line.units, line.resellable) for line in wish.lines},
        note=wish.note,
    )
    return ReturnOut(
        external_number=number, reference=wish.reference, by_dealers_fault=any(each.by_fault for each in made)
    )
