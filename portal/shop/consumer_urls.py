"""Where the dealers' screens of consumer orders are."""

from __future__ import annotations

from django.urls import URLPattern

from portal.access.roles import Permission as P
from portal.access.routing import route
from portal.shop import consumer_offer, consumer_orders, consumer_pickup, consumer_work

ROUTES: list[URLPattern] = [
    route("consumer-orders/", consumer_orders.consumer_orders, name="consumer_orders", access=P.SEE_OFFERS),
    route("consumer-orders/export/", consumer_orders.export, name="consumer_orders_export", access=P.SEE_OFFERS),
    route("consumer-orders/counter/", consumer_pickup.counter, name="consumer_pickup", access=P.FULFIL_CONSUMER_ORDERS),
    route("consumer-orders/<int:pk>/", consumer_offer.offer, name="consumer_offer", access=P.SEE_OFFERS),
    *(
        route(f"consumer-orders/<int:pk>/{path}/", view, name=f"consumer_{name}", access=P.FULFIL_CONSUMER_ORDERS)
        for path, view, name in (
            ("accept", consumer_offer.accept, "accept"),
            ("decline", consumer_offer.decline, "decline"),
            ("pack", consumer_work.pack, "pack"),
            ("send", consumer_work.send, "send"),
            ("delivered", consumer_work.delivered, "delivered"),
            ("slip", consumer_work.slip, "slip"),
            ("return", consumer_work.give_back, "return"),
            ("leave", consumer_work.leave, "leave"),
            ("no-code", consumer_pickup.ask, "no_code"),
        )
    ),
    route(
        "consumer-orders/parcels/<int:pk>/",
        consumer_work.correct,
        name="consumer_parcel",
        access=P.FULFIL_CONSUMER_ORDERS,
    ),
    route(
        "consumer-orders/without-code/<int:pk>/",
        consumer_pickup.decide,
        name="consumer_override",
        access=P.FULFIL_CONSUMER_ORDERS,
    ),
]
