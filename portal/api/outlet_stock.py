"""What a dealer's own system tells of its outlets' stock."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router
from ninja.security import HttpBearer
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from dealers.intake.rows import Row, RowState
from fulfilment.consumer.checks import storable
from fulfilment.stock.feed_tokens import find
from fulfilment.stock.intake import MOST
from fulfilment.stock.models import StockFeedToken
from fulfilment.stock.outlet_intake import OwnOutletStockIntake
from portal.api.access import check_body, check_rate_of
from portal.api.consumer_orders import REFUSALS
from portal.api.problems import Refused
from portal.api.schemas import ProblemOut, Strict

#: Lines of one request, and requests of a dealer in a minute.
MOST_LINES = 5_000
MOST_REQUESTS = 60


def _storable(text: str) -> str:
    if not storable(text):
        raise ValueError("holds characters that cannot be kept")
    return text


Code = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_storable)]
Quantity = Annotated[int, Field(ge=0, le=MOST, strict=True)]


class DealerBearer(HttpBearer):
    """`Authorization: Bearer <token of the dealer>`; gives the request its token as `request.auth`."""

    def __call__(self, request: HttpRequest) -> Any:
        """Refuse with 401, 413, 415 or 429 what may not go on."""
        found = super().__call__(request)
        if found is None:
            text = _("Send a token of your stock feed: Authorization: Bearer …")
            raise Refused(401, "token", text, WWW_Authenticate="Bearer")
        check_rate_of(f"stock-feed-rate:{found.dealer_id}", MOST_REQUESTS)
        check_body(request)
        return found

    def authenticate(self, request: HttpRequest, token: str) -> StockFeedToken | None:
        """The token that is in force, of an active dealer."""
        return find(token)


class StockLineIn(Strict):
    """How many pieces an outlet has of a product, named by its SKU or the dealer's own number, promised ones included.

    `as_of` is when they were counted; without it the request's. `safety` stays on the shelf; without it what is stored.
    """

    outlet: Code
    sku: Code
    quantity: Quantity
    safety: Quantity | None = None
    as_of: AwareDatetime | None = None


class StockIn(Strict):
    """Counts of one or more outlets; products that are not named stay as they are. `as_of` is now unless told."""

    lines: Annotated[list[StockLineIn], Field(min_length=1, max_length=MOST_LINES)]
    as_of: AwareDatetime | None = None


class StockProblemOut(Strict):
    """A line that was not taken: its place in the request from 0, the field, and the mend."""

    line: int
    field: str
    message: str


class StockOut(Strict):
    """What became of the lines. Those with a problem were left out, all others are taken."""

    new: int
    changed: int
    unchanged: int
    problems: list[StockProblemOut]


class FeedRequest(HttpRequest):
    """A request behind `DealerBearer`."""

    auth: StockFeedToken


router = Router(tags=["outlet stock"], auth=DealerBearer())


@router.post("", response={200: StockOut, REFUSALS: ProblemOut}, summary="Tell what outlets have")
def tell(request: FeedRequest, stock: StockIn) -> StockOut:
    """Take counts in. What offers hold is never touched; a count older than the stored one is refused by its line."""
    rows = [Row(number, _values(line, stock)) for number, line in enumerate(stock.lines)]
    outcome = OwnOutletStockIntake(request.auth.dealer).take(rows)
    states = list(outcome.states.values())
    return StockOut(
        new=states.count(RowState.CREATED),
        changed=states.count(RowState.CHANGED),
        unchanged=states.count(RowState.UNCHANGED),
        problems=[
            StockProblemOut(line=each.row, field=each.field, message=str(each.message)) for each in outcome.problems
        ],
    )


def _values(line: StockLineIn, stock: StockIn) -> dict[str, Any]:
    as_of = line.as_of or stock.as_of
    values: dict[str, Any] = {"outlet": line.outlet, "sku": line.sku, "quantity": str(line.quantity)}
    if line.safety is not None:
        values["safety"] = str(line.safety)
    return values if as_of is None else {**values, "as_of": as_of}
