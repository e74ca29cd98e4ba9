"""What every template may know: the portal, and the navigation the user's permissions allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.access.portal import Portal
from portal.access.roles import Permission as P


@dataclass(frozen=True)
class Entry:
    """One link of the navigation; shown to those who have the permission, `when` it makes sense.

    `short` is what a phone calls it, `count` how many things wait behind it.
    """

    label: Any
    route: str
    icon: str
    permission: P
    prefix: str = ""
    short: Any = ""
    when: Callable[[Portal], bool] = lambda _portal: True
    count: Callable[[Portal], int] = lambda _portal: 0


SHOP_NAV = (
    Entry(pgettext_lazy("navigation", "Home"), "shop:home", "home", P.BROWSE),
    Entry(_("Catalogue"), "shop:catalogue", "squares-2x2", P.BROWSE),
    Entry(_("Quick order"), "shop:quick_order", "bolt", P.ORDER, short=pgettext_lazy("navigation", "Quick")),
    Entry(_("Cart"), "shop:cart", "shopping-cart", P.ORDER),
    Entry(_("Orders"), "shop:orders", "clipboard-document-list", P.SEE_OWN_ORDERS),
    Entry(
        _("Consumer orders"),
        "shop:consumer_orders",
        "shopping-bag",
        P.SEE_OFFERS,
        short=_("Offers"),
        when=lambda portal: portal.has_consumer_orders,
        count=lambda portal: portal.offers_waiting,
    ),
    Entry(_("Statement"), "shop:statement", "document-text", P.SEE_OWN_STATEMENT),
    Entry(_("Account"), "shop:account", "user-circle", P.BROWSE),
)

CONSOLE_RAIL: tuple[tuple[Any, tuple[Entry, ...]], ...] = (
    (
        _("Orders"),
        (
            Entry(_("To review"), "console:review", "inbox", P.APPROVE_ORDERS),
            Entry(_("All orders"), "console:orders", "clipboard-document-list", P.SEE_ORDERS),
        ),
    ),
    (
        _("Dealers"),
        (
            Entry(_("Dealers"), "console:dealers", "building-storefront", P.SEE_DEALERS),
            Entry(_("Dealer groups"), "console:groups", "user-group", P.SEE_DEALERS),
        ),
    ),
    (
        _("Prices"),
        (
            Entry(_("Price lists"), "console:price_lists", "tag", P.SEE_PRICES),
            Entry(_("One-off prices"), "console:exceptions", "receipt-percent", P.SEE_PRICES),
            Entry(_("Promotions"), "console:promotions", "megaphone", P.SEE_PRICES),
            Entry(_("Surcharges"), "console:surcharges", "banknotes", P.SEE_PRICES),
            Entry(_("Selling rules"), "console:selling_home", "adjustments-horizontal", P.SEE_PRICES),
        ),
    ),
    (
        _("Consumer orders"),
        (
            Entry(_("Allocation desk"), "console:desk", "rectangle-stack", P.SEE_CONSUMER_ORDERS),
            Entry(_("Consumer orders"), "console:consumer_orders", "shopping-bag", P.SEE_CONSUMER_ORDERS),
            Entry(_("Exceptions"), "console:consumer_exceptions", "inbox-stack", P.WORK_CONSUMER_ORDERS),
            Entry(_("Sourcing"), "console:sourcing", "share", P.SEE_DEALERS),
            Entry(_("Map"), "console:desk_map", "map", P.SEE_CONSUMER_ORDERS),
            Entry(_("Fairness"), "console:fairness", "scale", P.SEE_CONSUMER_ORDERS),
            Entry(_("Simulations"), "console:simulations", "beaker", P.SEE_CONSUMER_ORDERS),
            Entry(_("Channels"), "console:channels", "signal", P.MANAGE_CHANNELS),
        ),
    ),
    (
        _("Money"),
        (
            Entry(_("Statements"), "console:statements", "document-text", P.SEE_STATEMENTS),
            Entry(_("Documents"), "console:documents", "document-duplicate", P.SEE_STATEMENTS),
            Entry(_("Consumer sales"), "console:settlements", "banknotes", P.SEE_STATEMENTS),
            Entry(_("Reconciliation"), "console:reconciliation", "scale", P.RECONCILE_CONSUMER_MONEY),
        ),
    ),
    (_("ERP"), (Entry(_("Messages"), "console:messages", "arrows-right-left", P.SEE_MESSAGES),)),
    (
        _("Data"),
        (
            Entry(_("Imports"), "console:imports", "arrow-up-tray", P.IMPORT_DATA),
            Entry(_("Product files"), "console:product_files", "paper-clip", P.KEEP_CATALOGUE),
        ),
    ),
    (
        _("Content"),
        (
            Entry(_("Pages and news"), "wagtailadmin_home", "newspaper", P.EDIT_CONTENT, "/cms/"),
            Entry(_("Catalogue keeping"), "dashboard:catalogue-product-list", "cube", P.KEEP_CATALOGUE, "/oscar/"),
            Entry(_("People"), "console:people", "users", P.MANAGE_SUPPLIER),
            Entry(_("Supplier profile"), "console:supplier", "identification", P.MANAGE_SUPPLIER),
        ),
    ),
)


def portal(request: HttpRequest) -> dict[str, Any]:
    """`portal`, `shop_nav` and `console_rail`; nothing is queried before a template asks."""
    here: Portal | None = getattr(request, "portal", None)
    if here is None or here.user is None:
        return {"portal": here, "shop_nav": [], "console_rail": []}
    if here.is_staff:
        groups = [{"label": label, "items": _links(entries, here, request)} for label, entries in CONSOLE_RAIL]
        return {"portal": here, "shop_nav": [], "console_rail": [group for group in groups if group["items"]]}
    return {"portal": here, "shop_nav": _links(SHOP_NAV, here, request), "console_rail": []}


def _links(entries: tuple[Entry, ...], here: Portal, request: HttpRequest) -> list[dict[str, Any]]:
    links = []
    for entry in entries:
        if here.may(entry.permission) and entry.when(here):
            url = reverse(entry.route)
            home = entry.route == "shop:home"
            active = request.path == url if home else request.path.startswith(entry.prefix or url)
            links.append(
                {
                    "label": entry.label,
                    "short": entry.short or entry.label,
                    "count": entry.count(here),
                    "url": url,
                    "icon": entry.icon,
                    "active": active,
                    "route": entry.route,
                }
            )
    return links
