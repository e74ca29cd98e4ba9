"""How the console words the codes of allocation: reasons, outcomes, costs, states. One place, for every screen."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.utils.translation import pgettext_lazy

from fulfilment.allocation.models import AllocationState, OfferState
from fulfilment.allocation.offers import CANCELLED, CHANGED
from fulfilment.allocation.reasons import Outcome, Reason, Why
from fulfilment.consumer.states import Fate

#: Why an outlet is not given a line.
REASONS: Mapping[str, object] = {
    Reason.DEALER_INACTIVE: t("The dealer takes no consumer orders"),
    Reason.CONTRACT_EXPIRED: t("The dealer's contract is over"),
    Reason.CREDIT_HOLD: t("The dealer is on credit hold"),
    Reason.ALREADY_DECLINED: t("The dealer was asked about this order before"),
    Reason.OTHER_OUTLET_CHOSEN: t("The consumer chose another outlet"),
    Reason.METHOD_UNSUPPORTED: t("The outlet does not deliver or hand over this way"),
    Reason.CAPACITY_FULL: t("The outlet's parcels of the day are taken"),
    Reason.OUT_OF_RANGE: t("Farther than the outlet sends"),
    Reason.TOO_LATE: t("It would arrive after the promised day"),
    Reason.SKU_NOT_AUTHORISED: t("The dealer may not sell this product online"),
    Reason.STOCK_STALE: t("The outlet's stock was counted too long ago"),
    Reason.NO_STOCK: t("Too little stock at the outlet"),
    Reason.BELOW_ONLINE_FLOOR: t("Sold below the online floor price, without a campaign"),
    Reason.TOP_UP_OVER_CAP: t("The top-up needed is over its limit"),
    Reason.CAMPAIGN_BUDGET: t("The campaign's budget does not reach for the top-up"),
    Reason.SUPPLIER_FLOOR: t("The supplier would keep too little"),
    Reason.TERRITORY_CLOSED: t("Another dealer's exclusive territory"),
    Reason.FIRST_REFUSAL: t("The dealer of the credited guide goes first"),
    Reason.ALREADY_ASKED: t("The dealer was chosen for other lines of the order"),
    Reason.RULE_FILTER: t("The rule does not ask this outlet"),
    Reason.NOT_CONSIDERED: t("Enough nearer outlets can take it"),
}

OUTCOMES: Mapping[str, object] = {
    Outcome.ALLOCATED: t("Given to a dealer"),
    Outcome.OFFERED: t("Offered to dealers"),
    Outcome.BACKLOG: t("Backlog"),
    Outcome.SUPPLIER_WAREHOUSE: t("The supplier's warehouse"),
    Outcome.CANCELLED: t("Cancelled"),
}

#: Why a line was left without an outlet; the last ones are a person's doing.
WHYS: Mapping[str, object] = {
    Why.NO_RULE: t("No sourcing rule is for this order"),
    Why.EXHAUSTED: t("No outlet is left that may take it"),
    Why.ADDRESS_UNKNOWN: t("Nobody knows where the address is"),
    Why.DECIDE_BY_PASSED: t("The time to ask dealers is over"),
    "manual": t("By hand"),
    "by_hand": t("By hand"),
}

FATES: Mapping[str, object] = {
    Fate.WAITING: t("Waiting for a decision"),
    Fate.OFFERED: t("Offered"),
    Fate.BACKLOG: t("Backlog"),
    Fate.ACCEPTED: t("Accepted"),
    Fate.SUPPLIER_WAREHOUSE: t("The supplier's warehouse"),
    Fate.SENT: t("Sent or handed over"),
    Fate.COMPLETED: t("With the consumer"),
    Fate.CANCELLED: t("Cancelled"),
}

#: Chips: good progress warn bad neutral.
FATE_KINDS: Mapping[str, str] = {
    Fate.WAITING: "progress",
    Fate.OFFERED: "progress",
    Fate.BACKLOG: "warn",
    Fate.ACCEPTED: "good",
    Fate.SUPPLIER_WAREHOUSE: "neutral",
    Fate.SENT: "good",
    Fate.COMPLETED: "good",
    Fate.CANCELLED: "neutral",
}
OFFER_KINDS: Mapping[str, str] = {
    OfferState.SENT: "progress",
    OfferState.ACCEPTED: "good",
    OfferState.DECLINED: "warn",
    OfferState.EXPIRED: "warn",
    OfferState.WITHDRAWN: "neutral",
    OfferState.SUPERSEDED: "neutral",
}
ALLOCATION_KINDS: Mapping[str, str] = {
    AllocationState.ACCEPTED: "progress",
    AllocationState.PACKED: "progress",
    AllocationState.SENT: "good",
    AllocationState.COMPLETED: "good",
    AllocationState.SETTLED: "good",
    AllocationState.CANCELLED: "neutral",
}

#: The parts of what a parcel costs, in the order they are shown; the names are `parcels.Costs`.
COST_PARTS: tuple[tuple[str, object], ...] = (
    ("freight", t("Freight")),
    ("top_up", t("Top-up")),
    ("parcel", pgettext_lazy("cost of one more parcel", "Parcel")),
    ("fairness", t("Entitlement")),
    ("ask", t("Asking")),
    ("opportunity", t("Walk-in sales")),
    ("territory", t("Territory")),
)


def reason_words(code: str) -> str:
    """Why an outlet is not given a line; a code of nobody stays as it is."""
    return str(REASONS.get(code, code))


def outcome_words(code: str) -> str:
    """What becomes of a line."""
    return str(OUTCOMES.get(code, code))


def why_words(code: str) -> str:
    """Why a line was left without an outlet; what a person wrote stays as it is."""
    return str(WHYS.get(code, code))


def fate_words(fate: str) -> str:
    """Where a line stands."""
    return str(FATES.get(fate, fate))


def offer_step_words(state: str) -> str:
    """What an offer, or what was accepted of it, became."""
    words: dict[str, object] = {**dict(AllocationState.choices), **dict(OfferState.choices)}
    return str(words.get(state, state))


def offer_note_words(note: str) -> str:
    """The note of an offer's step: a code of ours, or what a person wrote."""
    words = {
        CHANGED: _("The channel changed the order"),
        CANCELLED: _("The order was cancelled"),
        "asks to leave": _("The dealer asks to leave the order"),
    }
    if note.startswith("returned ") and note[9:].isdigit():
        return _("Pieces returned: %(units)s") % {"units": note[9:]}
    return words.get(note, note)
