"""The addresses of the allocation desk, part of `portal.console.urls`."""

from __future__ import annotations

from django.urls import URLPattern

from portal.access.roles import Permission as P
from portal.access.routing import route
from portal.console import (
    desk,
    desk_actions,
    desk_assign,
    desk_decision,
    desk_fairness,
    desk_jobs,
    desk_map,
    desk_simulations,
)

ROUTES: list[URLPattern] = [
    route("desk/", desk.desk, name="desk", access=P.SEE_CONSUMER_ORDERS),
    route("dealer-map/", desk_map.desk_map, name="desk_map", access=P.SEE_CONSUMER_ORDERS),
    route("fairness/", desk_fairness.fairness, name="fairness", access=P.SEE_CONSUMER_ORDERS),
    route("fairness/export.xlsx", desk_fairness.fairness_export, name="fairness_export", access=P.SEE_CONSUMER_ORDERS),
    route("desk/confirm/", desk_jobs.desk_confirm, name="desk_confirm", access=P.WORK_CONSUMER_ORDERS),
    route("desk/start/", desk_jobs.desk_start, name="desk_start", access=P.WORK_CONSUMER_ORDERS),
    route("desk/jobs/<int:pk>/", desk_jobs.desk_job, name="desk_job", access=P.WORK_CONSUMER_ORDERS),
    route(
        "desk/jobs/<int:pk>/progress/",
        desk_jobs.desk_job_progress,
        name="desk_job_progress",
        access=P.WORK_CONSUMER_ORDERS,
    ),
    route("desk/jobs/<int:pk>/stop/", desk_jobs.desk_job_stop, name="desk_job_stop", access=P.WORK_CONSUMER_ORDERS),
    route(
        "desk/jobs/<int:pk>/export.xlsx",
        desk_jobs.desk_job_export,
        name="desk_job_export",
        access=P.WORK_CONSUMER_ORDERS,
    ),
    route("simulations/", desk_simulations.simulations, name="simulations", access=P.SEE_CONSUMER_ORDERS),
    route("simulations/ask/", desk_simulations.simulation_ask, name="simulation_ask", access=P.WORK_CONSUMER_ORDERS),
    route("simulations/<int:pk>/", desk_simulations.simulation, name="simulation", access=P.SEE_CONSUMER_ORDERS),
    route(
        "simulations/<int:pk>/progress/",
        desk_simulations.simulation_progress,
        name="simulation_progress",
        access=P.SEE_CONSUMER_ORDERS,
    ),
    route(
        "simulations/<int:pk>/stop/",
        desk_simulations.simulation_stop,
        name="simulation_stop",
        access=P.WORK_CONSUMER_ORDERS,
    ),
    route(
        "simulations/<int:pk>/export.xlsx",
        desk_simulations.simulation_export,
        name="simulation_export",
        access=P.SEE_CONSUMER_ORDERS,
    ),
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
        "consumer-orders/pickups/<int:pk>/code/",
        desk_actions.consumer_pickup_code,
        name="consumer_pickup_code",
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
