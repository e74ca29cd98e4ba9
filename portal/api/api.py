"""The API that channels call. OpenAPI document: `/api/v1/openapi.json`."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from fulfilment.consumer.commands import UnknownOrder
from fulfilment.consumer.data import ConsumerRefused, FieldProblem
from portal.api import problems
from portal.api.access import ChannelBearer


class ExactParser(Parser):
    """JSON whose numbers stay exact: money never passes through a float."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body; ValueError for what is no JSON, NaN and Infinity included."""
        try:
            return json.loads(request.body, parse_float=Decimal, parse_constant=_refuse)
        except RecursionError as why:
            raise ValueError("nested too deeply") from why


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


api = NinjaAPI(
    title="Consumer orders",
    version="1",
    description=(
        "Orders of consumers from the supplier's online channels. Amounts are strings or exact numbers with at most two"
        " decimals, in the channel's currency, VAT included. Every request may be repeated: the same content is"
        " answered the same, other content under the same number or version is refused with 409 and changes nothing."
    ),
    auth=ChannelBearer(),
    parser=ExactParser(),
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api",
)


def path_of(where: tuple[Any, ...] | list[Any]) -> str:
    """A place in a body as we write it: `lines[3].quantity`."""
    text = ""
    for part in where:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def problems_from(errors: list[Any], skip: int = 0) -> list[FieldProblem]:
    """What pydantic found, by our paths; the first `skip` parts of each place are the frame's."""
    return [
        FieldProblem(path_of(each["loc"][skip:]), str(each["type"]), str(each["msg"]).encode(errors="replace").decode())
        for each in errors[:200]
    ]


@api.exception_handler(ValidationError)
def _invalid(_request: HttpRequest, why: ValidationError) -> HttpResponse:
    text = _("The request cannot be read. Mend the fields that are named and send it again.")
    return problems.answer(422, "invalid", text, problems_from(why.errors, skip=2))


@api.exception_handler(problems.Refused)
def _refused(_request: HttpRequest, why: problems.Refused) -> HttpResponse:
    return problems.answer(why.status, why.code, why.detail, headers=why.headers)


@api.exception_handler(ConsumerRefused)
def _order_refused(_request: HttpRequest, why: ConsumerRefused) -> HttpResponse:
    return problems.answer_of(why)


@api.exception_handler(UnknownOrder)
def _unknown(_request: HttpRequest, _why: UnknownOrder) -> HttpResponse:
    return problems.answer(404, "unknown_order", _("Your channel has brought no order of this number."))


@api.exception_handler(Http404)
def _not_found(_request: HttpRequest, _why: Http404) -> HttpResponse:
    return problems.answer(404, "not_found", _("There is nothing here."))


@api.exception_handler(RequestDataTooBig)
def _too_big(_request: HttpRequest, _why: RequestDataTooBig) -> HttpResponse:
    return problems.answer(413, "too_large", _("The request is too large. Send fewer orders at once."))


@api.exception_handler(HttpError)
def _http_error(_request: HttpRequest, why: HttpError) -> HttpResponse:
    return problems.answer(why.status_code, "request", str(why))
