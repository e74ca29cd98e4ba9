"""The addresses of sourcing: rules, terms, contracts, territories, margins, campaigns, online terms."""

from __future__ import annotations

from django.urls import URLPattern

from portal.access.roles import Permission as P
from portal.access.routing import route
from portal.console import (
    sourcing,
    sourcing_contracts,
    sourcing_money,
    sourcing_rules,
    sourcing_services,
    sourcing_terms,
    territories,
)

SEE, KEEP = P.SEE_CONSUMER_ORDERS, P.MANAGE_SOURCING

sourcing_patterns: list[URLPattern] = [
    route("sourcing/", sourcing.sourcing, name="sourcing", access=P.SEE_DEALERS),
    route("sourcing/rules/", sourcing.sourcing_sets, name="sourcing_sets", access=SEE),
    route("sourcing/rules/new/", sourcing.sourcing_set_add, name="sourcing_set_add", access=KEEP),
    route("sourcing/rules/<int:pk>/", sourcing.sourcing_set, name="sourcing_set", access=SEE),
    route("sourcing/rules/<int:pk>/add/", sourcing_rules.sourcing_rule_add, name="sourcing_rule_add", access=KEEP),
    route("sourcing/rules/<int:pk>/publish/", sourcing.sourcing_set_publish, name="sourcing_set_publish", access=KEEP),
    route("sourcing/rules/<int:pk>/discard/", sourcing.sourcing_set_discard, name="sourcing_set_discard", access=KEEP),
    route("sourcing/rule/<int:pk>/", sourcing_rules.sourcing_rule, name="sourcing_rule", access=SEE),
    route("sourcing/rule/<int:pk>/move/", sourcing_rules.sourcing_rule_move, name="sourcing_rule_move", access=KEEP),
    route(
        "sourcing/rule/<int:pk>/remove/", sourcing_rules.sourcing_rule_remove, name="sourcing_rule_remove", access=KEEP
    ),
    route("sourcing/terms/", sourcing_terms.sourcing_terms, name="sourcing_terms", access=SEE),
    route(
        "sourcing/contracts/", sourcing_contracts.sourcing_contracts, name="sourcing_contracts", access=P.SEE_DEALERS
    ),
    route("outlets/<int:pk>/service/", sourcing_services.outlet_service, name="outlet_service", access=P.SEE_DEALERS),
    route("outlets/<int:pk>/service/days/", sourcing_services.outlet_day, name="outlet_day", access=KEEP),
    route("outlet-days/<int:pk>/remove/", sourcing_services.outlet_day_remove, name="outlet_day_remove", access=KEEP),
    route("sourcing/territories/", territories.territories, name="territories", access=P.SEE_DEALERS),
    route(
        "sourcing/territories/export.xlsx",
        territories.territories_export,
        name="territories_export",
        access=P.SEE_DEALERS,
    ),
    route("sourcing/territories/add/", territories.territory_add, name="territory_add", access=KEEP),
    route("sourcing/territories/<int:pk>/", territories.territory, name="territory", access=P.SEE_DEALERS),
    route("sourcing/territories/<int:pk>/end/", territories.territory_end, name="territory_end", access=KEEP),
    route("sourcing/margins/", sourcing_money.margins, name="margins", access=SEE),
    route("sourcing/margins/add/", sourcing_money.margin_add, name="margin_add", access=KEEP),
    route("sourcing/margins/<int:pk>/", sourcing_money.margin, name="margin", access=SEE),
    route("sourcing/margins/<int:pk>/remove/", sourcing_money.margin_remove, name="margin_remove", access=KEEP),
    route("sourcing/campaigns/", sourcing_money.campaigns, name="campaigns", access=SEE),
    route("sourcing/campaigns/add/", sourcing_money.campaign_add, name="campaign_add", access=KEEP),
    route("sourcing/campaigns/<int:pk>/", sourcing_money.campaign, name="campaign", access=SEE),
    route("sourcing/online/", sourcing_money.online_terms, name="online_terms", access=SEE),
    route("sourcing/online/add/", sourcing_money.online_term_add, name="online_term_add", access=KEEP),
    route("sourcing/online/<int:pk>/", sourcing_money.online_term, name="online_term", access=SEE),
    route(
        "sourcing/online/<int:pk>/remove/", sourcing_money.online_term_remove, name="online_term_remove", access=KEEP
    ),
]

#: Stands before the dealer's own page, whose number may hold a slash.
dealer_patterns: list[URLPattern] = [
    route(
        "dealers/<path:number>/consumer-orders/",
        sourcing_contracts.dealer_sourcing,
        name="dealer_sourcing",
        access=P.SEE_DEALERS,
    ),
]
