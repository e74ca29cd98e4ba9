"""Orders of end customers, as the supplier's online channels bring them. Amounts are in the channel's currency."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dealers.accounts.models import User
from fulfilment.consumer.channels import Channel as Channel  # the app's other tables
from fulfilment.consumer.channels import ChannelChange as ChannelChange
from fulfilment.consumer.channels import ChannelKind as ChannelKind
from fulfilment.consumer.channels import ChannelSku as ChannelSku
from fulfilment.consumer.channels import ChannelToken as ChannelToken
from fulfilment.consumer.places import Place as Place
from pricing.catalogue.models import reads_chinese

NOTHING = Decimal("0.00")

STATE_CHOICES = (
    ("received", _("Received")),
    ("address_unknown", _("Address not found")),
    ("ready", _("Ready to allocate")),
    ("offered", _("Offered to dealers")),
    ("backlog", _("Backlog")),
    ("allocated", _("With dealers")),
    ("sent", _("On its way")),
    ("completed", _("With the consumer")),
    ("cancelled", _("Cancelled")),
)


class Method(models.TextChoices):
    """How the consumer gets the goods."""

    DELIVERY = "delivery", pgettext_lazy("to a consumer", "Delivery")
    PICKUP = "pickup", _("Pickup")
    TAKE_AWAY = "take_away", _("Taken away in the shop")


class Source(models.TextChoices):
    """How an order came in."""

    API = "api", _("API")
    WEBHOOK = "webhook", _("Webhook")
    FILE = "file", _("File")
    HAND = "hand", _("By hand")


class PlaceSource(models.TextChoices):
    """Who said where an address is."""

    CHANNEL = "channel", _("the channel")
    TABLE = "table", _("the table of places")
    PERSON = "person", _("a person")
    NOBODY = "", _("not known")


def amount(label: object, **options: object) -> models.DecimalField[Decimal, Decimal]:
    """A column of money: two decimals, zero unless told."""
    return models.DecimalField(label, max_digits=14, decimal_places=2, default=NOTHING, **options)  # type: ignore[arg-type]  # labels are lazy, as Django takes them


class ConsumerOrder(models.Model):
    """One order of an end customer. `version` counts what the channel changed; the first is 1.

    `total` is what the consumer paid: the lines' `paid` and `freight`, VAT included. `payment_fee` is what the
    payment cost. `area_code` is China's six-digit code, elsewhere the postcode without spaces. Who the consumer is
    stands in `ConsumerContact` alone. `intake_hash` and `intake_state` are what it came with, so that a repeat gets the
    same answer after a change; `body_hash` is of what it says now.
    """

    channel = models.ForeignKey(Channel, verbose_name=_("channel"), on_delete=models.PROTECT, related_name="orders")
    external_number = models.CharField(_("order number"), max_length=100)
    intake_hash = models.CharField(max_length=64)
    intake_state = models.CharField(max_length=20)
    body_hash = models.CharField(max_length=64)
    version = models.PositiveIntegerField(_("version"), default=1)
    state = models.CharField(_("state"), max_length=20, choices=STATE_CHOICES, default="received")
    state_at = models.DateTimeField(default=timezone.now)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)
    currency = models.CharField(_("currency"), max_length=3)
    placed_at = models.DateTimeField(_("placed at"))
    received_at = models.DateTimeField(_("received at"), default=timezone.now)
    received_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    received_with = models.ForeignKey(ChannelToken, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    promised_on = models.DateField(_("promised for"), null=True, blank=True)
    method = models.CharField(_("method"), max_length=10, choices=Method.choices, default=Method.DELIVERY)
    pickup_outlet = models.ForeignKey(
        "dealers_accounts.Outlet", null=True, blank=True, on_delete=models.PROTECT, related_name="consumer_orders"
    )
    attribution_code = models.CharField(_("attribution code"), max_length=64, blank=True)
    campaign_code = models.CharField(_("campaign"), max_length=64, blank=True)
    goods_total = amount(_("goods"))
    freight = amount(_("freight"))
    payment_fee = amount(_("payment fee"))
    total = amount(_("total"))
    line_count = models.PositiveIntegerField(_("lines"))
    country = models.CharField(_("country"), max_length=2, blank=True)
    region = models.CharField(_("state or province"), max_length=100, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    district = models.CharField(_("district"), max_length=100, blank=True)
    postal_code = models.CharField(_("postcode"), max_length=20, blank=True)
    area_code = models.CharField(_("area code"), max_length=20, blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    place_source = models.CharField(max_length=10, choices=PlaceSource.choices, blank=True)

    class Meta:
        verbose_name = _("consumer order")
        verbose_name_plural = _("consumer orders")
        indexes = (
            models.Index(fields=("-placed_at", "-id"), name="consumer_orders_by_date"),
            models.Index(fields=("state", "placed_at"), name="consumer_orders_by_state"),
            models.Index(fields=("channel", "-placed_at", "-id"), name="consumer_orders_by_channel"),
            models.Index(fields=("state_at",), name="consumer_orders_by_last_move"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("channel", "external_number"), name="one_consumer_order_per_channel_and_number"
            ),
            models.CheckConstraint(
                condition=Q(total=F("goods_total") + F("freight")), name="consumer_total_is_goods_and_freight"
            ),
            models.CheckConstraint(
                condition=Q(goods_total__gte=0, freight__gte=0, payment_fee__gte=0),
                name="consumer_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__isnull=False, longitude__isnull=False),
                name="consumer_place_whole_or_none",
            ),
        )

    @property
    def place_words(self) -> str:
        """Where it goes, without street or name."""
        parts = (self.postal_code, self.district, self.city, self.region, self.country)
        return " ".join(part for part in parts if part)

    def __str__(self) -> str:
        return f"{self.channel_id}/{self.external_number}"


class ConsumerOrderLine(models.Model):
    """What was ordered and what the consumer paid for it: `paid` = `gross` − both discounts, VAT included."""

    order = models.ForeignKey(ConsumerOrder, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    external_id = models.CharField(max_length=64, blank=True)
    product = models.ForeignKey("catalogue.Product", on_delete=models.PROTECT, related_name="+")
    sku = models.CharField(_("SKU"), max_length=128)
    name = models.CharField(_("name"), max_length=255)
    name_zh = models.CharField(_("Chinese name"), max_length=255, blank=True)
    quantity = models.PositiveIntegerField(_("quantity"))
    gross = amount(_("before discounts"))
    discount_supplier = amount(_("discount borne by the supplier"))
    discount_dealer = amount(_("discount borne by the dealer"))
    paid = amount(_("paid"))

    class Meta:
        verbose_name = _("consumer order line")
        verbose_name_plural = _("consumer order lines")
        ordering = ("order", "position")
        constraints = (
            models.UniqueConstraint(fields=("order", "position"), name="one_consumer_line_per_position"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="consumer_line_of_something"),
            models.CheckConstraint(
                condition=Q(gross__gte=0, discount_supplier__gte=0, discount_dealer__gte=0, paid__gte=0),
                name="consumer_line_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(paid=F("gross") - F("discount_supplier") - F("discount_dealer")),
                name="consumer_paid_is_gross_less_discounts",
            ),
        )

    @property
    def display_name(self) -> str:
        """The name as ordered, in the language of the reader."""
        return self.name_zh if self.name_zh and reads_chinese() else self.name

    def __str__(self) -> str:
        return f"{self.order_id}/{self.position} {self.sku}"


class ConsumerContact(models.Model):
    """The consumer's personal data. Read through `contacts.contact_for` alone; emptied at `removed_at`."""

    order = models.OneToOneField(ConsumerOrder, primary_key=True, on_delete=models.CASCADE, related_name="contact")
    name = models.CharField(_("name"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=50, blank=True)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    address_line1 = models.CharField(_("address"), max_length=300, blank=True)
    address_line2 = models.CharField(_("address, second line"), max_length=300, blank=True)
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)

    def __str__(self) -> str:
        return f"contact of {self.order_id}"


class ConsumerCommand(models.Model):
    """A change or cancellation that was carried out on `expected_version`, so that its repeat gets the same answer."""

    order = models.ForeignKey(ConsumerOrder, on_delete=models.CASCADE, related_name="commands")
    expected_version = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=(("change", _("Change")), ("cancel", _("Cancellation"))))
    body_hash = models.CharField(max_length=64)
    resulting_state = models.CharField(max_length=20)
    resulting_total = amount(_("total"))
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    before = models.JSONField(default=dict, help_text=_("What stood before; no personal data."))

    class Meta:
        ordering = ("order", "id")
        constraints = (
            models.UniqueConstraint(fields=("order", "expected_version"), name="one_consumer_command_per_version"),
        )

    def __str__(self) -> str:
        return f"{self.order_id} v{self.expected_version} {self.kind}"


class ConsumerStep(models.Model):
    """One move of a consumer order or one thing done to it: who, when and why. Written with it, never changed."""

    order = models.ForeignKey(ConsumerOrder, on_delete=models.CASCADE, related_name="steps")
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20, choices=STATE_CHOICES)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("order", "id")

    def __str__(self) -> str:
        return f"{self.order_id}: {self.from_state} → {self.to_state}"


class DeliveryState(models.TextChoices):
    """What became of a webhook."""

    STORED = "stored", _("Stored")
    TAKEN = "taken", _("Taken")
    IGNORED = "ignored", _("Nothing to do")
    EXCEPTION = "exception", _("Needs a person")
    DISMISSED = "dismissed", _("Dismissed")


class WebhookDelivery(models.Model):
    """One signed webhook, kept before anything is done with it. `body` holds personal data and is emptied by policy.

    The signature covers the body alone, so the body is what makes it one: a replay under another id is the same.
    """

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="deliveries")
    delivery_id = models.CharField(max_length=100, blank=True)
    body_sha256 = models.CharField(max_length=64)
    topic = models.CharField(max_length=100, blank=True)
    triggered_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    body = models.BinaryField()
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.STORED)
    external_number = models.CharField(max_length=100, blank=True)
    order = models.ForeignKey(
        ConsumerOrder, null=True, blank=True, on_delete=models.SET_NULL, related_name="deliveries"
    )
    problems = models.JSONField(default=list)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500, blank=True)
    body_removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("channel", "body_sha256"), name="one_delivery_per_channel_and_body"),
            models.UniqueConstraint(
                fields=("channel", "delivery_id"),
                condition=~Q(delivery_id=""),
                name="one_delivery_per_channel_and_id",
            ),
        )
        indexes = (
            models.Index(
                fields=("received_at",), condition=Q(state__in=("stored", "exception")), name="open_webhooks_by_age"
            ),
        )

    def __str__(self) -> str:
        return f"{self.channel_id} {self.delivery_id or self.body_sha256[:8]}"
