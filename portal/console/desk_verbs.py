"""What a person at the desk may do to a consumer order: each verb once, for one order's page and for many at once.

A verb answers what came of it in a sentence, or refuses with `DeskRefused`; then nothing was changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dealers.accounts.models import User
from fulfilment.allocation import byhand, held, offers, routing
from fulfilment.allocation.fates import fates
from fulfilment.allocation.models import Decision, Offer, OfferState
from fulfilment.allocation.reasons import Reason
from fulfilment.allocation.situation import NoTerms
from fulfilment.consumer.data import ConsumerRefused
from fulfilment.consumer.models import ConsumerOrderLine
from fulfilment.consumer.states import Fate, MoveRefused
from portal.components.formats import format_quantity
from portal.console.allocation_words import outcome_words, reason_words


class Verb(StrEnum):
    """What can be done to many orders at once."""

    REROUTE = "reroute"
    WAREHOUSE = "warehouse"
    CANCEL = "cancel"


class DeskRefused(Exception):
    """It cannot be done; `message` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def carry_out(verb: Verb, order_id: int, *, by: User, note: str) -> str:
    """Do it to everything of an order that is still open."""
    if verb is Verb.REROUTE:
        return reroute(order_id, by=by, note=note)
    act = warehouse if verb is Verb.WAREHOUSE else cancel
    return act(order_id, None, by=by, note=note)


def reroute(order_id: int, *, by: User, note: str) -> str:
    """Withdraw open offers and route the order again."""
    decision = _refusing(lambda: routing.reroute(order_id, by=by, note=note))
    if decision is None:
        raise DeskRefused(_("Nothing of this order is left to route."))
    return outcome_of(decision)


def outcome_of(decision: Decision) -> str:
    """What a decision came to, in a sentence."""
    plan = decision.record["plan"]
    if plan["parts"]:
        many = len(plan["parts"])
        return ngettext("Goes to %(many)s dealer.", "Goes to %(many)s dealers.", many) % {"many": format_quantity(many)}
    left = ", ".join(dict.fromkeys(outcome_words(rest["outcome"]) for rest in plan["rest"]))
    return _("No dealer was found: %(outcome)s.") % {"outcome": left}


def warehouse(order_id: int, line_ids: Collection[int] | None, *, by: User, note: str) -> str:
    """Give lines to the supplier's warehouse (None: all that are open); their open offers are withdrawn."""
    allowed = frozenset({Fate.WAITING, Fate.BACKLOG, Fate.OFFERED})

    def act() -> str:
        with transaction.atomic():
            keys = _freed(order_id, line_ids, allowed, by, note)
            byhand.to_warehouse(order_id, keys, by=by, note=note)
        return _counted(keys, "%(many)s line goes to the warehouse.", "%(many)s lines go to the warehouse.")

    return _refusing(act)


def warehouse_sent(order_id: int, line_ids: Collection[int] | None, *, by: User) -> str:
    """Note that the warehouse has sent lines (None: all it has)."""

    def act() -> str:
        standing = fates(order_id)
        mine = [key for key, fate in standing.items() if fate is Fate.SUPPLIER_WAREHOUSE]
        keys = mine if line_ids is None else list(line_ids)
        if not keys:
            raise DeskRefused(_("The warehouse has no line of this order."))
        byhand.warehouse_sent(order_id, keys, by=by)
        return _counted(keys, "%(many)s line is with the consumer.", "%(many)s lines are with the consumer.")

    return _refusing(act)


def cancel(order_id: int, line_ids: Collection[int] | None, *, by: User, note: str) -> str:
    """Cancel lines (None: all that no dealer holds); their open offers are withdrawn."""
    allowed = frozenset({Fate.WAITING, Fate.BACKLOG, Fate.OFFERED, Fate.SUPPLIER_WAREHOUSE})
    chosen = allowed | {Fate.ACCEPTED}

    def act() -> str:
        with transaction.atomic():
            keys = _freed(order_id, line_ids, allowed if line_ids is None else chosen, by, note)
            byhand.cancel_lines(order_id, keys, by=by, note=note)
        return _counted(keys, "%(many)s line is cancelled.", "%(many)s lines are cancelled.")

    return _refusing(act)


def withdraw(offer_id: int, *, by: User, note: str) -> str:
    """Take an open offer back."""
    offer = _refusing(lambda: offers.withdraw(offer_id, by=by, note=note))
    return _("The offer to %(dealer)s is withdrawn.") % {"dealer": offer.dealer.display_name}


def decide_unclaim(request_id: int, *, by: User, granted: bool, answer: str) -> str:
    """Let a dealer leave what it accepted, or not."""
    _refusing(lambda: held.decide_unclaim(request_id, by=by, granted=granted, answer=answer))
    return _("The dealer leaves the order. It goes to others.") if granted else _("The dealer stays with the order.")


def preview(order_id: int, outlet_id: int, line_ids: Collection[int] | None, *, by: User) -> byhand.Preview:
    """What giving lines to an outlet would come to, as if their open offers were withdrawn; nothing is changed."""

    def act() -> byhand.Preview:
        with transaction.atomic():
            _withdrawn(order_id, line_ids, by, "")
            found = byhand.preview(order_id, outlet_id, line_ids)
            transaction.set_rollback(True)
        return found

    return _refusing(act)


def assign(order_id: int, outlet_id: int, line_ids: Collection[int] | None, *, by: User, ask: bool, note: str) -> str:
    """Offer lines to an outlet, or give them without asking; their open offers are withdrawn."""

    def act() -> Offer:
        with transaction.atomic():
            _withdrawn(order_id, line_ids, by, note)
            return byhand.assign(order_id, outlet_id, by=by, line_ids=line_ids, ask=ask, note=note)

    offer = _refusing(act)
    words = _("Offered to %(dealer)s.") if offer.state == OfferState.SENT else _("Given to %(dealer)s.")
    return words % {"dealer": offer.dealer.display_name}


def refusals(reasons: dict[int, Reason]) -> str:
    """Why an outlet may not take lines, each named."""
    names = dict(ConsumerOrderLine.objects.filter(pk__in=reasons).values_list("pk", "sku"))
    return "; ".join(f"{names.get(key, key)}: {reason_words(reason)}" for key, reason in sorted(reasons.items()))


def _freed(order_id: int, line_ids: Collection[int] | None, allowed: frozenset[Fate], by: User, note: str) -> list[int]:
    """The lines that are meant and may be, after their open offers were withdrawn."""
    standing = fates(order_id)
    keys = [key for key, fate in standing.items() if fate in allowed] if line_ids is None else list(line_ids)
    if not keys:
        words = _("Nothing of this order is open any more. Lines that a dealer has accepted are chosen one by one.")
        raise DeskRefused(words)
    if not set(keys) <= standing.keys() or any(standing[key] not in allowed for key in keys):
        raise DeskRefused(_("Some of these lines went on meanwhile. Look at the order again."))
    _withdrawn(order_id, keys, by, note)
    return keys


def _withdrawn(order_id: int, line_ids: Collection[int] | None, by: User, note: str) -> None:
    found = Offer.objects.filter(order=order_id, state=OfferState.SENT)
    if line_ids is not None:
        found = found.filter(lines__order_line__in=line_ids).distinct()
    for offer_id in sorted(found.values_list("pk", flat=True)):
        offers.withdraw(offer_id, by=by, note=note)


def _counted(keys: Collection[int], one: str, several: str) -> str:
    return ngettext(one, several, len(keys)) % {"many": format_quantity(len(keys))}


def _refusing(act: Callable[[], Any]) -> Any:
    """Carry out, and say every refusal of the rooms below as one of the desk."""
    try:
        return act()
    except (byhand.LineRefused, held.HeldRefused, offers.OfferGone) as why:
        raise DeskRefused(why.message) from why
    except byhand.AssignmentRefused as why:
        words = refusals(why.reasons) if why.reasons else _("None of these lines waits for a dealer.")
        raise DeskRefused(words) from why
    except ConsumerRefused as why:
        raise DeskRefused(why.problems[0].message) from why
    except MoveRefused as why:
        raise DeskRefused(_("The order went on meanwhile. Look at it again.")) from why
    except NoTerms as why:
        raise DeskRefused(str(why)) from why
