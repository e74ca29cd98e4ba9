"""Who may open what, and in which language."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from portal.access.portal import Portal
from portal.access.roles import Permission
from portal.access.routing import Audience, declared_access

logger = logging.getLogger(__name__)

#: The two admins that others wrote: their pages need a looser content security policy.
ADMIN_PREFIXES = ("/cms/", "/oscar/")


class LanguageMiddleware(LocaleMiddleware):
    """Django's choice of language (address, cookie, browser); a signed-in user's first visit takes their own."""

    def process_request(self, request: HttpRequest) -> None:
        """Activate the language."""
        super().process_request(request)
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        own = request.session.get("language") if chosen is None and not _in_path(request) else None
        if own:
            translation.activate(own)
            request.LANGUAGE_CODE = translation.get_language() or own

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Say the language. What one of our views calls not found is not looked for again below `/en/`."""
        if response.status_code == 404 and request.resolver_match is not None:
            response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
            return response
        return super().process_response(request, response)


def _in_path(request: HttpRequest) -> bool:
    return translation.get_language_from_path(request.path_info) is not None


class AccessMiddleware:
    """Gives each request its `portal` and lets nobody past a URL that was not declared for them.

    Signed-out people are sent to sign in; signed-in people without the permission get 403; an undeclared URL is 404
    for everybody.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request."""
        request.portal = Portal(request)  # type: ignore[attr-defined]  # see PortalRequest
        response = self.get_response(request)
        if request.path.startswith(ADMIN_PREFIXES):
            csp_replace(settings.ADMIN_CONTENT_SECURITY_POLICY)(lambda _request: response)(request)
            response.headers.setdefault("X-Frame-Options", "SAMEORIGIN")
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Refuse before the view runs."""
        if any("\x00" in str(part) for part in kwargs.values()):
            raise Http404  # no database text and no file name can be this
        match = request.resolver_match
        access = declared_access(match.view_name, match.route, view) if match else None
        portal: Portal = request.portal  # type: ignore[attr-defined]  # set in __call__
        if access is None:
            logger.error("undeclared route", extra={"route": match.route if match else request.path})
        if access is None or access is Audience.NOBODY:
            raise Http404
        if access is Audience.PUBLIC:
            return None
        if portal.user is None:
            return redirect_to_login(request.get_full_path())
        if isinstance(access, Permission) and not portal.may(access):
            raise PermissionDenied
        return None
