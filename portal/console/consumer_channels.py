"""Channels: who may bring consumer orders. Tokens and secrets are shown once, when they are made."""

from __future__ import annotations

from typing import Any

from babel.numbers import list_currencies
from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from fulfilment.consumer import keeping
from fulfilment.consumer.models import Channel, ChannelToken
from portal.access.portal import PortalRequest
from portal.console.consumer_words import change_words


class ChannelForm(forms.ModelForm[Channel]):
    """A channel; the form itself never saves."""

    class Meta:
        model = Channel
        fields: tuple[str, ...] = (
            "name",
            "kind",
            "currency",
            "discounts_by",
            "keep_days",
            "requests_per_minute",
            "is_active",
        )

    def clean_currency(self) -> str:
        """A currency there is."""
        code = str(self.cleaned_data["currency"]).upper()
        if code not in list_currencies():
            raise forms.ValidationError(_("Write the ISO code of a currency, such as CNY or USD."))
        return code


class NewChannelForm(ChannelForm):
    """A channel that is made: its code stays."""

    code = forms.SlugField(label=t("Code"), max_length=50, help_text=t("Stands in the address of its webhooks."))

    class Meta(ChannelForm.Meta):
        fields = ("name", "kind", "currency", "discounts_by", "keep_days", "requests_per_minute")

    def clean_code(self) -> str:
        """In small letters."""
        return str(self.cleaned_data["code"]).lower()


class TokenForm(forms.Form):
    """What a token is called."""

    name = forms.CharField(label=t("Name"), max_length=100, help_text=t("For whom or what it is."))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="token_%s")  # the channel's own name stands on the same page


class SecretForm(forms.Form):
    """A webhook secret."""

    secret = forms.CharField(
        label=t("New secret"),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=t("As the shop shows it. Left empty, one is made for you to enter there."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def channels(request: PortalRequest) -> HttpResponse:
    """All channels, and the form for another."""
    form = NewChannelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = keeping.make_channel(form.cleaned_data["code"], form.cleaned_data, by=request.user)
        except keeping.ChannelRefused as why:
            form.add_error(why.field, why.message)
        else:
            messages.success(request, _("The channel is made. Give it a token, or a webhook secret."))
            return redirect("console:channel", made.pk)
    context = {"channels": Channel.objects.all(), "form": form}
    return render(request, "console/consumer/channels.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def channel(request: PortalRequest, pk: int) -> HttpResponse:
    """One channel: what it is, its tokens, its secrets, what was changed."""
    found = get_object_or_404(Channel, pk=pk)
    form = ChannelForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            keeping.change_channel(pk, form.cleaned_data, by=request.user)
        except keeping.ChannelRefused as why:
            form.add_error(why.field, why.message)
        else:
            messages.success(request, _("The channel is saved."))
            return redirect("console:channel", pk)
    return _page(request, Channel.objects.get(pk=pk), form=form, status=422 if form.errors else 200)


@never_cache
@require_POST
def channel_token(request: PortalRequest, pk: int) -> HttpResponse:
    """Make a token and show it, this once."""
    found, form = get_object_or_404(Channel, pk=pk), TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, found, token_form=form, status=422)
    _token, told = keeping.issue_token(found, form.cleaned_data["name"], by=request.user)
    return _page(request, found, told={"title": _("The new token"), "text": told})


@require_POST
def channel_token_revoke(request: PortalRequest, pk: int) -> HttpResponse:
    """End a token."""
    get_object_or_404(ChannelToken, pk=pk)
    token = keeping.revoke_token(pk, by=request.user)
    messages.success(request, _("Token %(name)s holds no more.") % {"name": token.name})
    return redirect("console:channel", token.channel_id)


@never_cache
@require_POST
def channel_secret(request: PortalRequest, pk: int) -> HttpResponse:
    """Put a new webhook secret in force beside the present one; one of ours is shown, this once."""
    found, form = get_object_or_404(Channel, pk=pk), SecretForm(request.POST)
    if not found.by_webhook or not form.is_valid():
        return _page(request, found, secret_form=form, status=422)
    secret = keeping.set_secret(pk, form.cleaned_data["secret"], by=request.user)
    found.refresh_from_db()
    told = None if form.cleaned_data["secret"] else {"title": _("The new webhook secret"), "text": secret}
    if told is None:
        messages.success(request, _("The new secret is in force; the former one holds until you end it."))
        return redirect("console:channel", pk)
    return _page(request, found, told=told)


@require_POST
def channel_secret_end(request: PortalRequest, pk: int) -> HttpResponse:
    """From now on only the present secret holds."""
    get_object_or_404(Channel, pk=pk)
    keeping.end_former_secret(pk, by=request.user)
    messages.success(request, _("Only the present secret holds now."))
    return redirect("console:channel", pk)


def _page(
    request: PortalRequest,
    found: Channel,
    *,
    form: ChannelForm | None = None,
    token_form: TokenForm | None = None,
    secret_form: SecretForm | None = None,
    told: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    changes = found.changes.all()[:50]
    context = {
        "channel": found,
        "form": form or ChannelForm(instance=found),
        "token_form": token_form or TokenForm(),
        "secret_form": (secret_form or SecretForm()) if found.by_webhook else None,
        "told": told,
        "tokens": list(found.tokens.select_related("made_by", "revoked_by")),
        "skus": list(found.skus.select_related("product")[:200]),
        "changes": [{"change": change, "words": change_words(change.what)} for change in changes],
        "webhook_url": request.build_absolute_uri(reverse("api_webhook", args=[found.code])),
        "orders_url": request.build_absolute_uri("/api/v1/consumer-orders"),
        "document_url": reverse("api:openapi-json"),
        "crumbs": [(_("Channels"), reverse("console:channels")), (found.name, "")],
    }
    return render(request, "console/consumer/channel.html", context, status=status)
