"""The supplier's online channels: who may bring orders, with which tokens and secrets."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dealers.accounts.models import User


class ChannelKind(models.TextChoices):
    """How a channel brings its orders."""

    API = "api", _("API")
    SHOPIFY = "shopify", _("Shopify webhooks")
    WOOCOMMERCE = "woocommerce", _("WooCommerce webhooks")
    HAND = "hand", _("Files and by hand")


class Funder(models.TextChoices):
    """Who bears a discount of which the shop does not say it."""

    SUPPLIER = "supplier", _("The supplier")
    DEALER = "dealer", _("The dealer who fulfils")


class Channel(models.Model):
    """An online shop of the supplier. Its orders are in its `currency`.

    `secret` and `former_secret` verify webhooks (encrypted, see `secrets.py`): both hold while one is being replaced.
    Personal data of its consumers is removed `keep_days` after an order last moved.
    """

    code = models.SlugField(_("code"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, choices=ChannelKind.choices)
    currency = models.CharField(_("currency"), max_length=3)
    discounts_by = models.CharField(
        _("discounts are borne by"),
        max_length=10,
        choices=Funder.choices,
        default=Funder.SUPPLIER,
        help_text=_("For shops whose orders do not say it."),
    )
    keep_days = models.PositiveSmallIntegerField(
        _("personal data kept, days"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("After the order last moved."),
    )
    requests_per_minute = models.PositiveSmallIntegerField(
        _("requests a minute"), default=600, validators=[MinValueValidator(1), MaxValueValidator(6000)]
    )
    secret = models.TextField(blank=True)
    former_secret = models.TextField(blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ("code",)

    @property
    def by_webhook(self) -> bool:
        """Whether its orders come as webhooks."""
        return self.kind in (ChannelKind.SHOPIFY, ChannelKind.WOOCOMMERCE)

    def __str__(self) -> str:
        return self.name


class ChannelToken(models.Model):
    """A key to the API. Only its hash is kept; `hint` is what a person recognises it by."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=100)
    hint = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.channel_id} {self.hint}…"


class ChannelSku(models.Model):
    """What a channel calls one of our products; without a row its SKU is ours."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="skus")
    sku = models.CharField(_("SKU in the channel"), max_length=100)
    product = models.ForeignKey("catalogue.Product", on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("SKU of a channel")
        verbose_name_plural = _("SKUs of channels")
        ordering = ("channel", "sku")
        constraints = (models.UniqueConstraint(fields=("channel", "sku"), name="one_product_per_channel_sku"),)

    def __str__(self) -> str:
        return f"{self.channel_id} {self.sku}"


class ChannelChange(models.Model):
    """What was changed at a channel, by whom and when; secrets and tokens are named, never told. It only grows."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="changes")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200, blank=True)
    what = models.CharField(max_length=30)
    old = models.CharField(max_length=300, blank=True)
    new = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.channel_id} {self.what}"
