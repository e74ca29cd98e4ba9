"""Why an outlet is not given a line, and what becomes of an order's lines. Stable codes; screens translate them."""

from __future__ import annotations

from enum import StrEnum

from pricing.margins.terms import Refusal


class Reason(StrEnum):
    """Why a candidate fails, in the order they are looked at."""

    DEALER_INACTIVE = "dealer_inactive"
    CONTRACT_EXPIRED = "contract_expired"
    CREDIT_HOLD = "credit_hold"
    ALREADY_DECLINED = "already_declined"
    OTHER_OUTLET_CHOSEN = "other_outlet_chosen"
    METHOD_UNSUPPORTED = "method_unsupported"
    CAPACITY_FULL = "capacity_full"
    OUT_OF_RANGE = "out_of_range"
    TOO_LATE = "too_late"
    SKU_NOT_AUTHORISED = "sku_not_authorised"
    STOCK_STALE = "stock_stale"
    NO_STOCK = "no_stock"
    BELOW_ONLINE_FLOOR = "below_online_floor"
    TOP_UP_OVER_CAP = "top_up_over_cap"
    CAMPAIGN_BUDGET = "campaign_budget"
    SUPPLIER_FLOOR = "supplier_floor"
    TERRITORY_CLOSED = "territory_closed"
    FIRST_REFUSAL = "first_refusal"
    ALREADY_ASKED = "already_asked"
    RULE_FILTER = "rule_filter"
    NOT_CONSIDERED = "not_considered"


OF_MONEY = {
    Refusal.TOP_UP_OVER_CAP: Reason.TOP_UP_OVER_CAP,
    Refusal.CAMPAIGN_BUDGET: Reason.CAMPAIGN_BUDGET,
    Refusal.SUPPLIER_FLOOR: Reason.SUPPLIER_FLOOR,
}

#: Reasons of the owner of a territory that cost it the override when another fulfils.
OWNERS_FAULT = frozenset({Reason.DEALER_INACTIVE, Reason.CONTRACT_EXPIRED, Reason.CREDIT_HOLD, Reason.ALREADY_DECLINED})


class Outcome(StrEnum):
    """What becomes of a line."""

    ALLOCATED = "allocated"
    OFFERED = "offered"
    BACKLOG = "backlog"
    SUPPLIER_WAREHOUSE = "supplier_warehouse"
    CANCELLED = "cancelled"


class Why(StrEnum):
    """Why a line was left to its outcome without an outlet."""

    NO_RULE = "no_rule"
    EXHAUSTED = "exhausted"
    ADDRESS_UNKNOWN = "address_unknown"
    DECIDE_BY_PASSED = "decide_by_passed"
