"""Keeping channels: making them, their tokens and secrets. Every change leaves a row that says who and what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from dealers.accounts.models import User
from fulfilment.consumer.models import Channel, ChannelChange, ChannelSku, ChannelToken
from fulfilment.consumer.secrets import PREFIX, digest_of, new_secret, new_token, seal

Product = get_model("catalogue", "Product")
FIELDS = ("name", "kind", "currency", "discounts_by", "keep_days", "requests_per_minute", "is_active")


class ChannelRefused(Exception):
    """The channel cannot be kept like that; `field` says where."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def make_channel(code: str, values: Mapping[str, Any], *, by: User | None) -> Channel:
    """Make a channel. Refuses a code that is taken."""
    channel = Channel(code=code, **{name: value for name, value in values.items() if name in FIELDS})
    try:
        with transaction.atomic():
            channel.save(force_insert=True)
    except IntegrityError as why:
        raise ChannelRefused(_("There is a channel with this code already."), "code") from why
    _note(channel, by, "made", new=code)
    return channel


def change_channel(channel_id: int, values: Mapping[str, Any], *, by: User) -> Channel:
    """Write what differs. The currency of a channel that has orders stays: its amounts are in it."""
    with transaction.atomic():
        channel = Channel.objects.select_for_update().get(pk=channel_id)
        for name in FIELDS:
            old, new = getattr(channel, name), values.get(name, getattr(channel, name))
            if old == new:
                continue
            if name in ("currency", "kind") and channel.orders.exists():
                raise ChannelRefused(_("The channel has orders already; make another channel instead."), name)
            setattr(channel, name, new)
            _note(channel, by, name, str(old), str(new))
        channel.save(update_fields=FIELDS)
        return channel


def issue_token(channel: Channel, name: str, *, by: User) -> tuple[ChannelToken, str]:
    """Make a token; the second answer is the token itself, which nobody can ever read again."""
    secret = new_token()
    with transaction.atomic():
        hint = secret[: len(PREFIX) + 6]
        token = ChannelToken.objects.create(channel=channel, name=name, hint=hint, digest=digest_of(secret), made_by=by)
        _note(channel, by, "token", new=f"{hint}… {name}")
    return token, secret


def revoke_token(token_id: int, *, by: User) -> ChannelToken:
    """End a token with the next request. Twice is once."""
    with transaction.atomic():
        token = ChannelToken.objects.select_for_update(of=("self",)).select_related("channel").get(pk=token_id)
        if token.revoked_at is None:
            token.revoked_at, token.revoked_by = timezone.now(), by
            token.save(update_fields=["revoked_at", "revoked_by"])
            _note(token.channel, by, "token_revoked", old=f"{token.hint}… {token.name}")
        return token


def set_secret(channel_id: int, secret: str, *, by: User) -> str:
    """Put a new webhook secret in force (an empty one: make one) and keep the present one beside it; the secret."""
    secret = secret.strip() or new_secret()
    with transaction.atomic():
        channel = Channel.objects.select_for_update().get(pk=channel_id)
        channel.former_secret, channel.secret = channel.secret, seal(secret)
        channel.save(update_fields=["secret", "former_secret"])
        _note(channel, by, "secret")
    return secret


def end_former_secret(channel_id: int, *, by: User) -> None:
    """From now on only the present secret holds. Twice is once."""
    with transaction.atomic():
        channel = Channel.objects.select_for_update().get(pk=channel_id)
        if channel.former_secret:
            channel.former_secret = ""
            channel.save(update_fields=["former_secret"])
            _note(channel, by, "former_secret_ended")


def map_sku(channel: Channel, sku: str, our_sku: str, *, by: User | None) -> ChannelSku:
    """Say which product a channel means by a SKU of its own. Refuses an unknown product."""
    product = Product.objects.filter(upc=our_sku.strip()).exclude(structure=Product.PARENT).first()
    if product is None:
        raise ChannelRefused(_("There is no product %(sku)s.") % {"sku": our_sku[:100]}, "product")
    with transaction.atomic():
        found, _new = ChannelSku.objects.update_or_create(channel=channel, sku=sku, defaults={"product": product})
        _note(channel, by, "sku", sku, our_sku)
    return found


def _note(channel: Channel, by: User | None, what: str, old: str = "", new: str = "") -> None:
    who = by.get_full_name() if by else ""
    ChannelChange.objects.create(channel=channel, by=by, by_name=who, what=what, old=old[:300], new=new[:300])
