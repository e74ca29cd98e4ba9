"""Sending queued mail: claim a row, send outside any transaction, settle. A crash between may send one mail twice."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone

from portal.notifications.models import Mail, MailState

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 10


def send_due_mail(limit: int = 200) -> int:
    """Send up to `limit` mails whose time has come; a failure is tried again later, ten times at most."""
    sent = 0
    for _turn in range(limit):
        mail = _claim(timezone.now())
        if mail is None:
            break
        sent += _send(mail)
    return sent


def _claim(now: datetime) -> Mail | None:
    with transaction.atomic():
        due = Mail.objects.filter(state=MailState.PENDING, next_at__lte=now).order_by("next_at", "pk")
        mail = due.select_for_update(skip_locked=True).first()
        if mail is not None:
            mail.attempts += 1
            mail.next_at = now + LEASE
            mail.save(update_fields=["attempts", "next_at"])
    return mail


def _send(mail: Mail) -> bool:
    message = EmailMultiAlternatives(
        mail.subject, mail.text, to=[mail.recipient], headers={"Message-ID": f"<portal-{mail.pk}@{_domain(mail)}>"}
    )
    message.attach_alternative(mail.html, "text/html")
    try:
        message.send()
    except Exception as why:  # any failure of a mail server is kept on the row and tried again
        logger.warning("mail %s not sent: %s", mail.pk, why)
        last = mail.attempts >= MAX_ATTEMPTS
        Mail.objects.filter(pk=mail.pk).update(
            state=MailState.FAILED if last else MailState.PENDING,
            next_at=timezone.now() + timedelta(seconds=30 * 2**mail.attempts),
            error=str(why)[:1000],
        )
        return False
    Mail.objects.filter(pk=mail.pk).update(state=MailState.SENT, sent_at=timezone.now(), error="")
    return True


def _domain(mail: Mail) -> str:
    return mail.recipient.rpartition("@")[2]
