"""How django-allauth behaves here: accounts are made by invitation only."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from dealers.accounts.models import Supplier


class ClosedAccountAdapter(DefaultAccountAdapter):
    """Nobody signs up alone; a user's own language is remembered at sign-in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Always closed."""
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link of the set-password mail: the portal's own address, whatever host the request named."""
        asked: str = super().get_reset_password_from_key_url(key)
        return settings.PORTAL_URL + urlsplit(asked).path

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Every mail of allauth names the supplier; the host name of a site says nothing to a dealer."""
        super().send_mail(template_prefix, email, {**context, "supplier_name": Supplier.current().display_name})

    def post_login(self, request: HttpRequest, user, **kwargs):  # type: ignore[no-untyped-def]  # allauth is untyped
        """Remember the user's language for this session."""
        request.session["language"] = user.language
        return super().post_login(request, user, **kwargs)
