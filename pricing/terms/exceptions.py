"""One-off prices: asked for with a reason, approved by somebody else, ended by a day or earlier by hand.

An approved one is a row of the dealer's own exceptions list, which is nearer than every other list, so the price path
knows nothing of exceptions. The dealer's row is locked while one is decided or ended.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dealers.accounts.models import Dealer, StaffRole, User
from pricing.quote import supplier_day
from pricing.terms.audit import acting
from pricing.terms.models import ExceptionState, ListKind, Price, PriceException, PriceList

DECIDERS = (StaffRole.FINANCE, StaffRole.ADMINISTRATOR)


class ExceptionRefused(Exception):
    """What was asked of a one-off price is not possible; nothing was written. `message` says what to do."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(str(message))
        self.message = message


def request_exception(
    dealer: Dealer,
    product: Any,
    price: Decimal,
    *,
    min_quantity: int = 1,
    valid_from: date,
    valid_to: date,
    reason: str,
    by: User,
) -> PriceException:
    """Ask for a price per sales unit, before tax, in the dealer's currency; it counts for nothing until approved.

    Refused: no reason, a price not above zero, days that are over or in the wrong order, a product that is a model.
    """
    if not reason.strip():
        raise ExceptionRefused(_("Say why this dealer gets this price."))
    if price <= 0:
        raise ExceptionRefused(_("The price is above zero."))
    if min_quantity < 1:
        raise ExceptionRefused(_("The quantity is at least one."))
    if valid_to < valid_from:
        raise ExceptionRefused(_("The last day is before the first one. Correct one of the two."))
    if valid_to < supplier_day(timezone.now()):
        raise ExceptionRefused(_("The last day is over. Choose a later one."))
    if product.structure == product.PARENT:
        raise ExceptionRefused(_("Choose one of the model's variants: a model itself has no price."))
    return PriceException.objects.create(
        dealer=dealer,
        product=product,
        price=price,
        currency=dealer.currency,
        min_quantity=min_quantity,
        valid_from=valid_from,
        valid_to=valid_to,
        reason=reason.strip(),
        requested_by=by,
    )


def may_decide(user: User, exception: PriceException) -> bool:
    """Whether a user may approve or refuse: finance and administrators; what one asked for oneself, administrators."""
    if user.staff_role not in DECIDERS:
        return False
    return user.staff_role == StaffRole.ADMINISTRATOR or exception.requested_by_id != user.pk


def approve_exception(pk: int, *, by: User, note: str = "") -> PriceException:
    """Approve: from the next request on, or from its first day, the dealer buys at this price.

    Refused: who may not decide, one decided already or over, a dealer whose currency changed since, and another
    approved one for the same product and quantity on some of the days.
    """
    with transaction.atomic():
        exception = _locked(pk)
        _require_decidable(exception, by)
        today = supplier_day(timezone.now())
        if exception.valid_to < today:
            raise ExceptionRefused(_("Its last day is over. Refuse it, and ask for a new one if it is still wanted."))
        if exception.currency != exception.dealer.currency:
            raise ExceptionRefused(_("The dealer buys in another currency by now. Refuse it and ask for a new one."))
        if _overlaps(exception):
            raise ExceptionRefused(
                _(
                    "Another approved price holds for this product and quantity on some of these days. "
                    "End that one first."
                )
            )
        with acting(by, f"exception:{exception.pk}"):
            exception.price_row = Price.objects.create(
                price_list=_list_of(exception.dealer),
                product_id=exception.product_id,
                min_quantity=exception.min_quantity,
                price=exception.price,
                valid_from=exception.valid_from,
                valid_to=exception.valid_to,
            )
        return _decided(exception, ExceptionState.APPROVED, by, note)


def refuse_exception(pk: int, *, by: User, note: str) -> PriceException:
    """Refuse, with a word why. Refused itself: who may not decide, one decided already, no word."""
    if not note.strip():
        raise ExceptionRefused(_("Say why it is refused; whoever asked reads it."))
    with transaction.atomic():
        exception = _locked(pk)
        _require_decidable(exception, by)
        return _decided(exception, ExceptionState.REFUSED, by, note)


def end_exception(pk: int, *, by: User) -> PriceException:
    """End an approved one before its last day: from the next request on the dealer's other lists price again.

    The agreed days stay as they were; the price itself ends yesterday, or goes when it never held on an earlier day.
    Refused: who may not decide, one that is not approved or over by itself.
    """
    with transaction.atomic():
        exception = _locked(pk)
        if by.staff_role not in DECIDERS:
            raise ExceptionRefused(_("Finance or an administrator ends one-off prices."))
        today = supplier_day(timezone.now())
        if exception.state != ExceptionState.APPROVED or exception.valid_to < today:
            raise ExceptionRefused(_("This one-off price does not hold any more."))
        with acting(by, f"exception:{exception.pk}"):
            _end_row(exception, today - timedelta(days=1))
        exception.state, exception.ended_by, exception.ended_at = ExceptionState.ENDED, by, timezone.now()
        exception.save(update_fields=["state", "ended_by", "ended_at", "price_row"])
        return exception


def _end_row(exception: PriceException, last: date) -> None:
    row = exception.price_row
    if row is None:
        return
    if last < exception.valid_from:
        exception.price_row = None
        row.delete()
    else:
        row.valid_to = last
        row.save(update_fields=["valid_to"])


def _locked(pk: int) -> PriceException:
    dealer_id = PriceException.objects.values_list("dealer_id", flat=True).get(pk=pk)
    Dealer.objects.select_for_update(no_key=True).get(pk=dealer_id)
    return (
        PriceException.objects.select_for_update(of=("self",))
        .select_related("dealer", "product", "price_row", "requested_by")
        .get(pk=pk)
    )


def _require_decidable(exception: PriceException, by: User) -> None:
    if by.staff_role not in DECIDERS:
        raise ExceptionRefused(_("Finance or an administrator decides on one-off prices."))
    if not may_decide(by, exception):
        raise ExceptionRefused(_("You asked for this price yourself. Somebody else has to decide on it."))
    if exception.state != ExceptionState.REQUESTED:
        raise ExceptionRefused(_("This one-off price is decided already."))


def _decided(exception: PriceException, state: ExceptionState, by: User, note: str) -> PriceException:
    exception.state, exception.decided_by, exception.decided_at = state, by, timezone.now()
    exception.decision_note = note.strip()
    exception.save(update_fields=["state", "decided_by", "decided_at", "decision_note", "price_row"])
    return exception


def _overlaps(exception: PriceException) -> bool:
    return Price.objects.filter(
        price_list__kind=ListKind.EXCEPTIONS,
        price_list__owner_dealer=exception.dealer_id,
        price_list__currency=exception.currency,
        product=exception.product_id,
        min_quantity=exception.min_quantity,
        valid_from__lte=exception.valid_to,
        valid_to__gte=exception.valid_from,
    ).exists()


def _list_of(dealer: Dealer) -> PriceList:
    """The dealer's exceptions list, made with the first exception; named in the supplier's language."""
    with translation.override(settings.LANGUAGE_CODE):
        name = gettext("One-off prices %(dealer)s") % {"dealer": dealer.number}
    found, _made = PriceList.objects.get_or_create(
        kind=ListKind.EXCEPTIONS,
        owner_dealer=dealer,
        currency=dealer.currency,
        defaults={"code": f"ONE-OFF-{dealer.pk}-{dealer.currency}", "name": name[:200]},
    )
    return found
