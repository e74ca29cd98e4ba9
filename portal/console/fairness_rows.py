"""How consumer orders fell on dealers in a period, and how dealers dealt with them; a fixed number of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Sum

from dealers.accounts.models import Dealer
from fulfilment.allocation.models import Allocation, AllocationLine, Offer, OfferState, UnclaimRequest
from portal.components.filters import within_days
from portal.sourcing.tally import gini_of

MILLION = 1_000_000
TENTH = Decimal("0.1")


class Median(Aggregate):
    """The value in the middle."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


@dataclass(frozen=True, slots=True)
class Fair:
    """A dealer in the period. Percentages have one decimal and are None where nothing happened.

    `index` is the share of units against the entitlement: 100 is exactly what the dealer is entitled to.
    """

    dealer: Dealer
    entitlement: Decimal
    orders: int
    units: int
    paid: Decimal
    receives: Decimal
    share: Decimal
    index: Decimal | None
    asked: int
    accepted: Decimal | None
    answer: timedelta | None
    on_time: Decimal | None
    sent: int
    left: int
    expected: Decimal | None

    @property
    def pk(self) -> int:
        """The dealer's key."""
        return self.dealer.pk

    @property
    def name(self) -> str:
        """The dealer's name in the language of the reader."""
        return self.dealer.display_name

    @property
    def number(self) -> str:
        """The dealer's number."""
        return self.dealer.number


@dataclass(frozen=True, slots=True)
class Report:
    """The dealers, and what they come to together; `gini` is in ten-thousandths."""

    rows: list[Fair]
    units: int
    gini: int | None
    accepted: Decimal | None
    on_time: Decimal | None


def report_of(first: date, last: date) -> Report:
    """Every dealer with a contract for consumer orders in the days from the first to the last. Five statements."""
    given, asked = _given(first, last), _asked(first, last)
    sent, left = _sent(first, last), _left(first, last)
    units = sum(each["units"] for each in given.values())
    dealers = Dealer.objects.filter(consumer_contract__isnull=False).select_related(
        "consumer_contract", "consumer_score"
    )
    rows = [
        _row(dealer, units, given.get(dealer.pk, {}), asked.get(dealer.pk, {}), sent.get(dealer.pk, {}), left)
        for dealer in dealers
    ]
    entitlements = {row.pk: int(row.entitlement * 10_000) for row in rows if row.entitlement}
    return Report(
        rows,
        units,
        gini_of({row.pk: row.units for row in rows}, entitlements),
        _percent(_total(asked, "accepted"), _total(asked, "answered")),
        _percent(_total(sent, "on_time"), _total(sent, "sent")),
    )


def _given(first: date, last: date) -> dict[int, dict[str, Any]]:
    """Units and money of what dealers accepted in the period and still hold, or sent."""
    lines = AllocationLine.objects.filter(cancelled_at=None)
    found = within_days(lines, "allocation__accepted_at", first, last)
    return _by(
        found.order_by().values(key=F("allocation__dealer")),
        units=Sum("quantity"),
        orders=Count("allocation", distinct=True),
        paid=Sum("offer_line__paid"),
        receives=Sum("offer_line__receives"),
    )


def _asked(first: date, last: date) -> dict[int, dict[str, Any]]:
    """Offers of the period that wanted an answer; those another dealer was faster at or that were withdrawn do not
    count against anybody."""
    answered = Q(state__in=(OfferState.ACCEPTED, OfferState.DECLINED, OfferState.EXPIRED))
    took = ExpressionWrapper(F("answered_at") - F("sent_at"), output_field=DurationField())
    by_person = Q(state__in=(OfferState.ACCEPTED, OfferState.DECLINED), answered_at__isnull=False)
    found = within_days(Offer.objects.filter(expires_at__isnull=False), "sent_at", first, last)
    return _by(
        found.order_by().values(key=F("dealer")),
        asked=Count("pk"),
        answered=Count("pk", filter=answered),
        accepted=Count("pk", filter=Q(state=OfferState.ACCEPTED)),
        answer=Median(took, filter=by_person, output_field=DurationField()),
    )


def _sent(first: date, last: date) -> dict[int, dict[str, Any]]:
    found = within_days(Allocation.objects.filter(offer__ship_by__isnull=False), "sent_at", first, last)
    return _by(
        found.order_by().values(key=F("dealer")),
        sent=Count("pk"),
        on_time=Count("pk", filter=Q(sent_at__lte=F("offer__ship_by"))),
    )


def _left(first: date, last: date) -> dict[int, dict[str, Any]]:
    found = within_days(UnclaimRequest.objects.filter(granted=True), "decided_at", first, last)
    return _by(found.order_by().values(key=F("allocation__dealer")), left=Count("pk"))


def _by(rows: QuerySet[Any, Any], **sums: Any) -> dict[int, dict[str, Any]]:
    return {row["key"]: row for row in rows.annotate(**sums)}


def _row(
    dealer: Dealer,
    units: int,
    given: Mapping[str, Any],
    asked: Mapping[str, Any],
    sent: Mapping[str, Any],
    left: Mapping[int, Mapping[str, Any]],
) -> Fair:
    contract, score = dealer.consumer_contract, getattr(dealer, "consumer_score", None)
    mine, due = given.get("units", 0), contract.entitlement
    share = Decimal(mine) * 100 / units if units else Decimal(0)
    return Fair(
        dealer=dealer,
        entitlement=due,
        orders=given.get("orders", 0),
        units=mine,
        paid=given.get("paid") or Decimal("0.00"),
        receives=given.get("receives") or Decimal("0.00"),
        share=share.quantize(TENTH),
        index=(share * 100 / due).quantize(TENTH) if due and units else None,
        asked=asked.get("asked", 0),
        accepted=_percent(asked.get("accepted", 0), asked.get("answered", 0)),
        answer=asked.get("answer"),
        on_time=_percent(sent.get("on_time", 0), sent.get("sent", 0)),
        sent=sent.get("sent", 0),
        left=left.get(dealer.pk, {}).get("left", 0),
        expected=(Decimal(score.acceptance) * 100 / MILLION).quantize(TENTH) if score else None,
    )


def _percent(part: int, of: int) -> Decimal | None:
    return (Decimal(part) * 100 / of).quantize(TENTH) if of else None


def _total(rows: Mapping[int, Mapping[str, Any]], name: str) -> int:
    return sum(row[name] for row in rows.values())


def sizes_of(rows: Sequence[Fair]) -> dict[int, tuple[Decimal, Decimal]]:
    """Share and entitlement of each row for bars, in percent of the largest of either."""
    most = max((max(row.share, row.entitlement) for row in rows), default=Decimal(0))
    if not most:
        return {row.pk: (Decimal(0), Decimal(0)) for row in rows}
    return {
        row.pk: ((row.share * 100 / most).quantize(TENTH), (row.entitlement * 100 / most).quantize(TENTH))
        for row in rows
    }
