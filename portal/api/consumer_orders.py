"""Consumer orders over the API: one, many, what became of them, change and cancel."""

from __future__ import annotations

from typing import Any

import pydantic
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router
from ninja.responses import Status

from fulfilment.consumer import commands
from fulfilment.consumer.data import ConsumerConflict, ConsumerRefused, body_hash
from fulfilment.consumer.models import ChannelToken, Source
from fulfilment.consumer.receive import Answer, Bringer, receive, receive_many
from portal.api import problems
from portal.api.api import problems_from
from portal.api.schemas import (
    BatchAnswerOut,
    BatchIn,
    BatchOut,
    CancelIn,
    CarriedOut,
    ChangeIn,
    LineOut,
    OrderIn,
    OrderOut,
    ProblemOut,
    ReceiptOut,
)

router = Router(tags=["consumer orders"])
REFUSALS = frozenset({401, 403, 404, 409, 413, 415, 422, 429})


class ChannelRequest(HttpRequest):
    """A request behind `ChannelBearer`."""

    auth: ChannelToken


@router.post("", response={200: ReceiptOut, 201: ReceiptOut, REFUSALS: ProblemOut}, summary="Bring an order")
def bring(request: ChannelRequest, order: OrderIn) -> Status[Any]:
    """201 for a new order, 200 for the same again, 409 for other content under its number."""
    data = order.data()
    received = receive(request.auth.channel, data, body_hash=body_hash(data), by=_bringer(request))
    return Status(200 if received.repeated else 201, ReceiptOut.of(received.order))


@router.post("/batch", response={200: BatchOut, REFUSALS: ProblemOut}, summary="Bring several orders")
def bring_many(request: ChannelRequest, batch: BatchIn) -> Status[Any]:
    """Each order is answered by itself with the status it would have had alone."""
    answers: dict[int, BatchAnswerOut] = {}
    orders = {}
    for index, item in enumerate(batch.orders):
        try:
            data = OrderIn.model_validate(item).data()
            orders[index] = (data, body_hash(data))
        except pydantic.ValidationError as why:
            refused = ConsumerRefused(problems_from(list(why.errors(include_url=False, include_context=False))))
            answers[index] = _answer(_number_in(item), refused)
    received = receive_many(request.auth.channel, list(orders.values()), by=_bringer(request))
    for index, became in zip(orders, received, strict=True):
        answers[index] = _answer(orders[index][0].external_number, became)
    return Status(200, BatchOut(answers=[answers[index] for index in range(len(batch.orders))]))


@router.get("/{number}", response={200: OrderOut, REFUSALS: ProblemOut}, summary="Read an order")
def read(request: ChannelRequest, number: str) -> OrderOut:
    """The order as it stands now."""
    order = commands.find(request.auth.channel, number)
    lines = [LineOut.from_orm(line) for line in order.lines.all()]
    names = set(OrderOut.model_fields) - {"lines"}
    return OrderOut(**{name: getattr(order, name) for name in names}, lines=lines)


@router.post("/{number}/change", response={200: CarriedOut, REFUSALS: ProblemOut}, summary="Change an order")
def change(request: ChannelRequest, number: str, wish: ChangeIn) -> CarriedOut:
    """Replace what the order says, if it stands at the expected version and no dealer has it yet."""
    data = wish.order.data()
    if data.external_number != number:
        text = _("The address says order %(number)s.") % {"number": number[:100]}
        raise ConsumerConflict("order.external_number", "other_number", text)
    carried = commands.change(
        request.auth.channel, data, body_hash=body_hash(data), expected_version=wish.expected_version
    )
    return _carried(number, carried)


@router.post("/{number}/cancel", response={200: CarriedOut, REFUSALS: ProblemOut}, summary="Cancel an order")
def cancel(request: ChannelRequest, number: str, wish: CancelIn) -> CarriedOut:
    """Cancel the order, if it stands at the expected version and it is not too late."""
    carried = commands.cancel(request.auth.channel, number, expected_version=wish.expected_version, reason=wish.reason)
    return _carried(number, carried)


def _bringer(request: ChannelRequest) -> Bringer:
    return Bringer(Source.API, token=request.auth)


def _carried(number: str, carried: commands.Carried) -> CarriedOut:
    return CarriedOut(external_number=number, version=carried.version, state=carried.state, total=carried.total)


def _answer(number: str, became: Answer) -> BatchAnswerOut:
    if isinstance(became, ConsumerRefused):
        problem = ProblemOut(**problems.document_of(became))
        return BatchAnswerOut(status=problem.status, external_number=number, problem=problem)
    receipt = ReceiptOut.of(became.order)
    return BatchAnswerOut(status=200 if became.repeated else 201, external_number=number, receipt=receipt)


def _number_in(item: dict[str, Any]) -> str:
    """The number of an order that cannot be read, to recognise it by."""
    return str(item.get("external_number", ""))[:100].encode(errors="replace").decode()
