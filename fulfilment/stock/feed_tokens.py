"""Making, finding and ending the keys of stock feeds."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from dealers.accounts.models import Dealer, User
from fulfilment.stock.models import StockFeedToken

PREFIX = "sft_"
#: How exact "last used" is, so that not every request writes it.
USED_EVERY = timedelta(minutes=5)


def issue(dealer: Dealer, name: str, *, by: User) -> tuple[StockFeedToken, str]:
    """Make a token; the second answer is the token itself, which nobody can ever read again."""
    secret = PREFIX + secrets.token_urlsafe(32)
    hint = secret[: len(PREFIX) + 6]
    token = StockFeedToken.objects.create(dealer=dealer, name=name[:100], hint=hint, digest=_digest(secret), made_by=by)
    return token, secret


def revoke(token_id: int, dealer: Dealer, *, by: User) -> StockFeedToken:
    """End a dealer's token with the next request; twice is once. Another dealer's is unknown (`DoesNotExist`)."""
    with transaction.atomic():
        token = StockFeedToken.objects.select_for_update().get(pk=token_id, dealer=dealer)
        if token.revoked_at is None:
            token.revoked_at, token.revoked_by = timezone.now(), by
            token.save(update_fields=["revoked_at", "revoked_by"])
        return token


def find(secret: str) -> StockFeedToken | None:
    """The token that is in force, of a dealer that is active; notes that it was used."""
    held = StockFeedToken.objects.select_related("dealer").filter(revoked_at=None, dealer__is_active=True)
    found = held.filter(digest=_digest(secret)).first()
    now = timezone.now()
    if found is not None and (found.used_at is None or now - found.used_at > USED_EVERY):
        StockFeedToken.objects.filter(pk=found.pk).update(used_at=now)
    return found


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
