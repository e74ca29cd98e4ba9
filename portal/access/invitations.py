"""The mail with which a person sets a password: the one way into the portal."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from allauth.account.forms import ResetPasswordForm
from django.http import HttpRequest
from django.utils.translation import override

from dealers.accounts.models import User

logger = logging.getLogger(__name__)


def send_invitation(request: HttpRequest, user: User) -> bool:
    """Send the link in the person's language; False when the mail server did not take it or the login is closed."""
    form = ResetPasswordForm(data={"email": user.email})
    try:
        with override(user.language):
            if not form.is_valid():
                return False
            form.save(request)
    except (OSError, SMTPException):
        logger.exception("set-password mail not sent", extra={"user": user.pk})
        return False
    return True
