"""Who may call: a channel by its token, so often, with so much."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from fulfilment.consumer.models import Channel, ChannelToken
from fulfilment.consumer.secrets import digest_of
from portal.api.problems import Refused

logger = logging.getLogger(__name__)

#: Bytes of a request's body.
LARGEST_BODY = 2 * 1024 * 1024
#: How exact "last used" is, so that not every request writes it.
USED_EVERY = timedelta(minutes=5)


class ChannelBearer(HttpBearer):
    """`Authorization: Bearer <token>`; gives the request its token as `request.auth`."""

    def __call__(self, request: HttpRequest) -> Any:
        """Refuse with 401, 403, 413, 415 or 429 what may not go on."""
        found = super().__call__(request)
        if found is None:
            text = _("Send a token of your channel: Authorization: Bearer …")
            raise Refused(401, "token", text, WWW_Authenticate="Bearer")
        check_rate(found.channel)
        check_body(request)
        return found

    def authenticate(self, request: HttpRequest, token: str) -> ChannelToken | None:
        """The token that is in force; the channel must be, too."""
        found = ChannelToken.objects.select_related("channel").filter(digest=digest_of(token), revoked_at=None).first()
        if found is None:
            return None
        if not found.channel.is_active:
            raise Refused(403, "channel_closed", _("This channel is closed. Ask the supplier to open it."))
        now = timezone.now()
        if found.used_at is None or now - found.used_at > USED_EVERY:
            ChannelToken.objects.filter(pk=found.pk).update(used_at=now)
        return found


def check_rate(channel: Channel) -> None:
    """Count a request of this minute; refuse with 429 beyond what the channel may send."""
    check_rate_of(f"channel-rate:{channel.pk}", channel.requests_per_minute)


def check_rate_of(whose: str, most: int) -> None:
    """Count a request of this minute under a name; refuse with 429 beyond so many."""
    minute, second = divmod(int(time.time()), 60)
    key = f"{whose}:{minute}"
    try:
        cache.add(key, 0, timeout=120)
        count = cache.incr(key)
    except Exception:  # a cache that is away must not stop orders from coming in
        logger.warning("requests are not counted: %s", whose, exc_info=True)
        return
    if count > most:
        text = _("More than %(most)s requests in this minute. Go on in the next one.")
        words = {"most": most}
        raise Refused(429, "too_many_requests", text % words, Retry_After=str(60 - second))


def check_body(request: HttpRequest) -> None:
    """Refuse a body that is too large, before it is read, or not JSON."""
    if request.method not in ("POST", "PUT", "PATCH"):
        return
    if content_length(request) > LARGEST_BODY:
        words = {"most": LARGEST_BODY // 1024 // 1024}
        raise Refused(413, "too_large", _("A request may have %(most)s MB. Send fewer orders at once.") % words)
    if request.content_type != "application/json":
        raise Refused(415, "content_type", _("Send application/json."))


def content_length(request: HttpRequest) -> int:
    """The announced size of the body; what is not announced is not read."""
    said = request.META.get("CONTENT_LENGTH") or "0"
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else LARGEST_BODY + 1
