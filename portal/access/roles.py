"""Who may do what: the one table of roles and permissions, for the supplier's people and for dealers' people."""

from __future__ import annotations

from enum import StrEnum

from dealers.accounts.models import DealerRole, StaffRole


class Permission(StrEnum):
    """What a screen or a button asks for. The first group is a dealer's, the second the supplier's."""

    BROWSE = "browse"
    ORDER = "order"
    SEE_OWN_ORDERS = "see_own_orders"
    CONFIRM_RECEIPT = "confirm_receipt"
    SEE_OWN_STATEMENT = "see_own_statement"
    MANAGE_MEMBERS = "manage_members"
    KEEP_STOCK = "keep_stock"
    SEE_OFFERS = "see_offers"
    FULFIL_CONSUMER_ORDERS = "fulfil_consumer_orders"

    SEE_ORDERS = "see_orders"
    APPROVE_ORDERS = "approve_orders"
    SEE_DEALERS = "see_dealers"
    MANAGE_DEALERS = "manage_dealers"
    SEE_PRICES = "see_prices"
    MANAGE_PRICES = "manage_prices"
    REQUEST_PRICES = "request_prices"
    DECIDE_PRICES = "decide_prices"
    SEE_STATEMENTS = "see_statements"
    RECONCILE_CONSUMER_MONEY = "reconcile_consumer_money"
    SEE_MESSAGES = "see_messages"
    REPLAY_MESSAGES = "replay_messages"
    SEE_CONSUMER_ORDERS = "see_consumer_orders"
    WORK_CONSUMER_ORDERS = "work_consumer_orders"
    MANAGE_CHANNELS = "manage_channels"
    MANAGE_SOURCING = "manage_sourcing"
    IMPORT_DATA = "import_data"
    KEEP_CATALOGUE = "keep_catalogue"
    EDIT_CONTENT = "edit_content"
    MANAGE_SUPPLIER = "manage_supplier"


P = Permission

DEALER_PERMISSIONS: dict[str, frozenset[Permission]] = {
    DealerRole.BUYER: frozenset(
        {
            P.BROWSE,
            P.ORDER,
            P.SEE_OWN_ORDERS,
            P.CONFIRM_RECEIPT,
            P.KEEP_STOCK,
            P.SEE_OFFERS,
            P.FULFIL_CONSUMER_ORDERS,
        }
    ),
    DealerRole.APPROVER: frozenset(
        {P.BROWSE, P.ORDER, P.SEE_OWN_ORDERS, P.CONFIRM_RECEIPT, P.SEE_OFFERS, P.FULFIL_CONSUMER_ORDERS}
    ),
    DealerRole.FINANCE: frozenset({P.BROWSE, P.SEE_OWN_ORDERS, P.SEE_OWN_STATEMENT, P.SEE_OFFERS}),
    DealerRole.ADMINISTRATOR: frozenset(
        {
            P.BROWSE,
            P.ORDER,
            P.SEE_OWN_ORDERS,
            P.CONFIRM_RECEIPT,
            P.SEE_OWN_STATEMENT,
            P.MANAGE_MEMBERS,
            P.KEEP_STOCK,
            P.SEE_OFFERS,
            P.FULFIL_CONSUMER_ORDERS,
        }
    ),
}

STAFF_PERMISSIONS: dict[str, frozenset[Permission]] = {
    StaffRole.SALES_REP: frozenset(
        {P.SEE_ORDERS, P.APPROVE_ORDERS, P.SEE_DEALERS, P.SEE_PRICES, P.REQUEST_PRICES, P.SEE_STATEMENTS}
    ),
    StaffRole.FINANCE: frozenset(
        {
            P.SEE_ORDERS,
            P.SEE_DEALERS,
            P.SEE_PRICES,
            P.REQUEST_PRICES,
            P.DECIDE_PRICES,
            P.SEE_STATEMENTS,
            P.RECONCILE_CONSUMER_MONEY,
            P.SEE_MESSAGES,
            P.SEE_CONSUMER_ORDERS,
        }
    ),
    StaffRole.ADMINISTRATOR: frozenset(
        {
            P.SEE_ORDERS,
            P.APPROVE_ORDERS,
            P.SEE_DEALERS,
            P.MANAGE_DEALERS,
            P.SEE_PRICES,
            P.MANAGE_PRICES,
            P.REQUEST_PRICES,
            P.DECIDE_PRICES,
            P.SEE_STATEMENTS,
            P.RECONCILE_CONSUMER_MONEY,
            P.SEE_MESSAGES,
            P.REPLAY_MESSAGES,
            P.SEE_CONSUMER_ORDERS,
            P.WORK_CONSUMER_ORDERS,
            P.MANAGE_CHANNELS,
            P.MANAGE_SOURCING,
            P.IMPORT_DATA,
            P.KEEP_CATALOGUE,
            P.EDIT_CONTENT,
            P.MANAGE_SUPPLIER,
        }
    ),
}
