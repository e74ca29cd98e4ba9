"""Every URL says who may open it, at the place where it is written."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from django.http import HttpResponseBase
from django.urls import URLPattern, path

from portal.access.roles import Permission


class Audience(StrEnum):
    """Who may open a URL that asks for no permission."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    NOBODY = "nobody"


Access = Audience | Permission


def route(pattern: str, view: Callable[..., HttpResponseBase], *, name: str, access: Access) -> URLPattern:
    """A `path` that declares its audience; `AccessMiddleware` enforces it before the view runs."""

    def declared(*args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(*args, **kwargs)

    declared.__name__ = getattr(view, "__name__", name)
    declared.__doc__ = view.__doc__
    for flag in ("csrf_exempt", "view_class"):
        if hasattr(view, flag):
            setattr(declared, flag, getattr(view, flag))
    declared.access = access  # type: ignore[attr-defined]  # read by declared_access()
    return path(pattern, declared, name=name)


#: Views that other packages route, by the beginning of the view's name; the longest match rules.
OTHERS: dict[str, Access] = {
    "set_language": Audience.PUBLIC,
    "account_login": Audience.PUBLIC,
    "account_logout": Audience.PUBLIC,
    "account_inactive": Audience.PUBLIC,
    "account_signup": Audience.NOBODY,
    "account_email": Audience.NOBODY,
    "account_email_verification_sent": Audience.NOBODY,
    "account_confirm_email": Audience.NOBODY,
    "account_confirm_login_code": Audience.NOBODY,
    "account_set_password": Audience.NOBODY,
    "account_reauthenticate": Audience.SIGNED_IN,
    "account_change_password": Audience.SIGNED_IN,
    "account_reset_password": Audience.PUBLIC,
    "mfa_": Audience.SIGNED_IN,
    "mfa_authenticate": Audience.PUBLIC,
    "wagtail_serve": Audience.PUBLIC,
    "wagtailcore_": Audience.NOBODY,
    "dashboard:index": Permission.KEEP_CATALOGUE,
    "dashboard:catalogue-": Permission.KEEP_CATALOGUE,
}

#: Whole trees of other packages, by address. Oscar's own shop and the rest of its dashboard write past our rules: their
#: names stay reversible for its templates, nothing more.
TREES: dict[str, Access] = {
    "cms/": Permission.EDIT_CONTENT,
    "oscar/": Audience.NOBODY,
    "api/": Audience.PUBLIC,  # each operation asks for a channel's token itself
}


def declared_access(view_name: str, route: str, view: Callable[..., Any]) -> Access | None:
    """Who may open this view; None means that nobody declared it, which nobody may open."""
    if hasattr(view, "access"):
        return view.access
    named = max((prefix for prefix in OTHERS if view_name.startswith(prefix)), key=len, default=None)
    if named is not None:
        return OTHERS[named]
    return next((access for tree, access in TREES.items() if route.startswith(tree)), None)
