"""All URLs. Ours declare their audience with `route`; other packages' are declared in `portal.access.routing`."""

from __future__ import annotations

from typing import Any, cast

from django.apps import apps
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path
from django.views.generic import TemplateView
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls

from portal.access import views as access
from portal.access.routing import Audience, route
from portal.operations import health, media

urlpatterns = [
    route("", access.front, name="front", access=Audience.PUBLIC),
    route("dealer/", access.choose_dealer, name="choose_dealer", access=Audience.SIGNED_IN),
    route(
        "no-dealer/",
        TemplateView.as_view(template_name="account/no_dealer.html"),
        name="no_dealer",
        access=Audience.SIGNED_IN,
    ),
    route("health/live", health.live, name="health_live", access=Audience.PUBLIC),
    route("health/ready", health.ready, name="health_ready", access=Audience.PUBLIC),
    route("media/<path:name>", media.serve, name="media", access=Audience.PUBLIC),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/", include("allauth.urls")),
    path("shop/", include("portal.shop.urls")),
    path("console/", include("portal.console.urls")),
    path("api/", include("portal.api.urls")),
    path("cms/", include(wagtailadmin_urls)),
    path("oscar/", include(cast(Any, apps.get_app_config("oscar")).urls[0])),  # set by Oscar, unknown to its base
]
urlpatterns += i18n_patterns(path("", include(wagtail_urls)))
