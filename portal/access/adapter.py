"""How django-allauth behaves here: accounts are made by invitation only."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedAccountAdapter(DefaultAccountAdapter):
    """Nobody signs up alone; a user's own language is remembered at sign-in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Always closed."""
        return False

    def post_login(self, request: HttpRequest, user, **kwargs):  # type: ignore[no-untyped-def]  # allauth is untyped
        """Remember the user's language for this session."""
        request.session["language"] = user.language
        return super().post_login(request, user, **kwargs)
