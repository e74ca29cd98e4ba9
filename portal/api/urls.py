"""The addresses of the API. Channels bring a token or a signature; what is not here is told so as JSON."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, re_path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from portal.access.routing import Audience, route
from portal.api import problems
from portal.api.api import api
from portal.api.consumer_orders import router
from portal.api.fulfilment import router as fulfilment_router
from portal.api.outlet_stock import router as stock_router
from portal.api.webhooks import receive_webhook

api.add_router("/consumer-orders", router)
api.add_router("/consumer-orders", fulfilment_router)
api.add_router("/outlet-stock", stock_router)


@csrf_exempt
def nothing(_request: HttpRequest) -> HttpResponse:
    """What there is not."""
    return problems.answer(404, "not_found", _("There is nothing here."))


urlpatterns: list[URLPattern | URLResolver] = [
    route("v1/webhooks/<str:code>", receive_webhook, name="api_webhook", access=Audience.PUBLIC),
    path("v1/", api.urls),
    re_path(r"^.*$", nothing, name="api_nothing"),
]
