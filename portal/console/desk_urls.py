"""The addresses of the allocation desk, part of `portal.console.urls`."""

from __future__ import annotations

from django.urls import URLPattern

from portal.access.roles import Permission as P
from portal.access.routing import route
from portal.console import desk_actions, desk_assign, desk_decision

ROUTES: list[URLPattern] = [
    route(
        "consumer-orders/<int:pk>/assign/",
        desk_assign.consumer_assign,
        name="consumer_assign",
        access=P.WORK_CONSUMER_ORDERS,
    ),
    route(
        "consumer-orders/<int:pk>/lines/",
        desk_actions.consumer_lines,
        name="consumer_lines",
        access=P.WORK_CONSUMER_ORDERS,
    ),
    route(
        "consumer-orders/offers/<int:pk>/withdraw/",
        desk_actions.consumer_withdraw,
        name="consumer_withdraw",
        access=P.WORK_CONSUMER_ORDERS,
    ),
    route(
        "consumer-orders/unclaims/<int:pk>/",
        desk_actions.consumer_unclaim,
        name="consumer_unclaim",
        access=P.WORK_CONSUMER_ORDERS,
    ),
    route(
        "consumer-orders/decisions/<int:pk>/",
        desk_decision.consumer_decision,
        name="consumer_decision",
        access=P.SEE_CONSUMER_ORDERS,
    ),
]
