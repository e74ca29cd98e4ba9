"""Refusals as RFC 9457 `application/problem+json`, with every field that must be mended."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from fulfilment.consumer.data import ConsumerConflict, ConsumerRefused, FieldProblem

MEDIA_TYPE = "application/problem+json"


class Refused(Exception):
    """A request that ends here, with a status and a sentence."""

    def __init__(self, status: int, code: str, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = status, code, detail, headers


def document(status: int, code: str, detail: str, problems: Iterable[FieldProblem] = ()) -> dict[str, Any]:
    """The body of a refusal; `errors` names the fields."""
    errors = [{"field": each.path, "code": each.code, "message": str(each.message)} for each in problems]
    title = _TITLES.get(status, "Refused")
    return {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail, "errors": errors}


def answer(
    status: int, code: str, detail: str, problems: Iterable[FieldProblem] = (), headers: dict[str, str] | None = None
) -> HttpResponse:
    """A refusal as a response."""
    body = json.dumps(document(status, code, detail, problems), ensure_ascii=True)
    response = HttpResponse(body, status=status, content_type=MEDIA_TYPE)
    for name, value in (headers or {}).items():
        response[name.replace("_", "-")] = value
    return response


def status_of(why: ConsumerRefused) -> int:
    """409 where what is there says otherwise, 422 where the order itself must be mended."""
    return 409 if isinstance(why, ConsumerConflict) else 422


def document_of(why: ConsumerRefused) -> dict[str, Any]:
    """The refusal of an order."""
    return document(status_of(why), *_words(why), why.problems)


def answer_of(why: ConsumerRefused) -> HttpResponse:
    """The refusal of an order as a response."""
    return answer(status_of(why), *_words(why), why.problems)


def _words(why: ConsumerRefused) -> tuple[str, str]:
    if isinstance(why, ConsumerConflict):
        return why.problems[0].code, str(why.problems[0].message)
    return "invalid", _("The order cannot be taken. Mend the fields that are named and send it again.")


_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
}
