"""Writing mail to the table that is its queue: one row a recipient, in their language, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from dealers.accounts.models import Supplier
from portal.notifications.models import Mail
from portal.notifications.tasks import wake


def queue_mail(
    key: str, recipient: str, language: str, template: str, context: Mapping[str, Any], path: str
) -> Mail | None:
    """Render `mail/<template>.{subject.txt,txt,html}` in a language and queue it; None without an address.

    `path` is the page of the portal that the mail's button opens.

    The same key again changes nothing, so a fact that is told twice is mailed once.
    """
    if not recipient:
        return None
    rendered = _rendered(language, template, context, path)
    mail, _made = Mail.objects.get_or_create(key=key, defaults={"recipient": recipient, **rendered})
    transaction.on_commit(wake)
    return mail


def queue_alike(
    recipients: Mapping[str, str], language: str, template: str, context: Mapping[str, Any], path: str
) -> None:
    """Queue one mail to several people of one language, `key → address`: rendered once, written in one statement.

    Keys that are queued already change nothing.
    """
    if not recipients:
        return
    rendered = _rendered(language, template, context, path)
    mails = [Mail(key=key, recipient=address, **rendered) for key, address in recipients.items() if address]
    Mail.objects.bulk_create(mails, ignore_conflicts=True)
    transaction.on_commit(wake)


def _rendered(language: str, template: str, context: Mapping[str, Any], path: str) -> dict[str, str]:
    with translation.override(language or settings.LANGUAGE_CODE):
        values = {
            **context,
            "url": settings.PORTAL_URL.rstrip("/") + path,
            "supplier_name": Supplier.current().display_name,
        }
        return {
            "subject": " ".join(render_to_string(f"mail/{template}.subject.txt", values).split()),
            "text": render_to_string(f"mail/{template}.txt", values),
            "html": render_to_string(f"mail/{template}.html", values),
        }
