"""The addresses of consumer orders' money: settlements and reconciliation."""

from __future__ import annotations

from django.urls import URLPattern

from portal.access.roles import Permission as P
from portal.access.routing import route
from portal.console import consumer_money as money
from portal.console import payouts, settlements

SEE, RECONCILE = P.SEE_STATEMENTS, P.RECONCILE_CONSUMER_MONEY

consumer_money_patterns: list[URLPattern] = [
    route("settlements/", settlements.settlements, name="settlements", access=SEE),
    route("settlements/export.xlsx", settlements.settlements_export, name="settlements_export", access=SEE),
    route("settlements/now/", settlements.settlements_now, name="settlements_now", access=RECONCILE),
    route("settlements/orders/", settlements.settlement_orders, name="settlement_orders", access=SEE),
    route(
        "settlements/orders/export.xlsx",
        settlements.settlement_orders_export,
        name="settlement_orders_export",
        access=SEE,
    ),
    route("settlements/pay/<path:number>/", payouts.payout, name="payout", access=RECONCILE),
    route("settlements/<int:pk>/", settlements.settlement, name="settlement", access=SEE),
    route("reconciliation/", money.reconciliation, name="reconciliation", access=RECONCILE),
    route("reconciliation/export.csv", money.reconciliation_csv, name="reconciliation_csv", access=RECONCILE),
    route("reconciliation/export.xlsx", money.reconciliation_excel, name="reconciliation_excel", access=RECONCILE),
    route("reconciliation/orders/", money.reconciliation_orders, name="reconciliation_orders", access=RECONCILE),
]
