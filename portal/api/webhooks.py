"""Webhooks of shops: signed, kept, carried out, answered within a moment."""

from __future__ import annotations

import logging
import re
from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from fulfilment.consumer.deliveries import carry_out, keep
from fulfilment.consumer.models import Channel, ChannelKind, WebhookDelivery
from fulfilment.consumer.secrets import signed_by
from portal.api import problems
from portal.api.access import check_rate, content_length

logger = logging.getLogger(__name__)

LARGEST_BODY = 5 * 1024 * 1024
#: Which headers say what, by the kind of shop: signature, id of the delivery, topic, moment.
HEADERS = {
    ChannelKind.SHOPIFY: (
        "X-Shopify-Hmac-Sha256",
        "X-Shopify-Webhook-Id",
        "X-Shopify-Topic",
        "X-Shopify-Triggered-At",
    ),
    ChannelKind.WOOCOMMERCE: (
        "X-WC-Webhook-Signature",
        "X-WC-Webhook-Delivery-ID",
        "X-WC-Webhook-Topic",
        "",
    ),
}
#: What WooCommerce sends, unsigned, when a webhook is made; it wants to hear 200.
_PING = re.compile(rb"webhook_id=\d{1,12}")


@csrf_exempt
@require_POST
def receive_webhook(request: HttpRequest, code: str) -> HttpResponse:
    """Take a webhook of a channel. Only a wrong signature, or too much, is refused; then nothing is kept.

    What was kept is answered with 200 even where it needs a person: the sender would only try again and give up.
    """
    channel = Channel.objects.filter(code=code, kind__in=HEADERS, is_active=True).first()
    if channel is None:
        return _unsigned()
    if content_length(request) > LARGEST_BODY:
        return problems.answer(413, "too_large", _("A webhook may have 5 MB."))
    try:
        check_rate(channel)
    except problems.Refused as why:
        return problems.answer(why.status, why.code, why.detail, headers=why.headers)
    body = request.read(LARGEST_BODY + 1)
    signature, delivery_id, topic, moment = HEADERS[ChannelKind(channel.kind)]
    if channel.kind == ChannelKind.WOOCOMMERCE and signature not in request.headers and _PING.fullmatch(body):
        return JsonResponse({"state": "pong"})
    if not signed_by([channel.secret, channel.former_secret], body, request.headers.get(signature, "")):
        logger.warning("webhook with a wrong signature", extra={"channel": channel.code})
        return _unsigned()
    delivery, _new = keep(
        channel,
        body,
        delivery_id=_plain(request.headers.get(delivery_id, "")),
        topic=_plain(request.headers.get(topic, "")),
        triggered_at=_moment(request.headers.get(moment, "")) if moment else None,
    )
    return JsonResponse({"state": "kept", "order": _carried_out(delivery).external_number})


def _carried_out(delivery: WebhookDelivery) -> WebhookDelivery:
    """Carried out now; what fails for a reason of ours stays stored, and the sweep tries again."""
    try:
        return carry_out(delivery.pk)
    except Exception:
        logger.exception("webhook not carried out", extra={"delivery": delivery.pk})
        return delivery


def _unsigned() -> HttpResponse:
    return problems.answer(401, "signature", _("The signature does not fit the body."))


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None
    return found if found.tzinfo and 2000 < found.year < 2200 else None
