"""Who we sell to: dealers, their outlets and people, and the sales reps who look after them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.contrib.postgres.indexes import GistIndex
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dealers.accounts.addresses import PARTS, address_lines, in_one_line


class Language(models.TextChoices):
    """The languages the portal ships complete; the values are Django language codes."""

    ENGLISH = "en", "English"
    CHINESE = "zh-hans", "简体中文"


class StaffRole(models.TextChoices):
    """The supplier's own people."""

    SALES_REP = "sales_rep", _("Sales rep")
    FINANCE = "finance", _("Finance")
    ADMINISTRATOR = "administrator", _("Administrator")


class DealerRole(models.TextChoices):
    """A user's place at a dealer."""

    BUYER = "buyer", _("Buyer")
    APPROVER = "approver", _("Approver")
    FINANCE = "finance", _("Finance")
    ADMINISTRATOR = "administrator", _("Administrator")


class UserManager(BaseUserManager["User"]):
    """Makes users who sign in by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a user; the address is compared without regard to case. A user without password cannot sign in."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create an administrator who may also enter the content and catalogue admins."""
        fields.setdefault("staff_role", StaffRole.ADMINISTRATOR)
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Find by e-mail address, whatever its case."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractUser):
    """A person who signs in by e-mail. `staff_role` is empty for dealers' people, whose roles stand in `Membership`."""

    username = None  # type: ignore[assignment]  # Django's documented way to drop the field
    email = models.EmailField(_("e-mail"), unique=True)
    staff_role = models.CharField(_("role"), max_length=20, choices=StaffRole.choices, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=Language.choices, default=Language.ENGLISH)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def get_full_name(self) -> str:
        """The name as it is written where the person comes from: family name first when it is in Chinese."""
        if any("\u4e00" <= letter <= "\u9fff" for letter in self.first_name + self.last_name):
            return f"{self.last_name}{self.first_name}"
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def __str__(self) -> str:
        return self.get_full_name()


class Supplier(models.Model):
    """The brand or manufacturer that runs the portal: what stands on letterheads. There is one row at most."""

    name = models.CharField(_("name"), max_length=200)
    name_zh = models.CharField(_("Chinese name"), max_length=200, blank=True)
    address = models.TextField(_("address"), blank=True)
    address_zh = models.TextField(_("address in Chinese"), blank=True)
    tax_id = models.CharField(_("tax number"), max_length=50, blank=True)
    phone = models.CharField(_("phone"), max_length=50, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    bank_details = models.TextField(_("bank details"), blank=True)
    retail_prices_include_tax = models.BooleanField(
        _("recommended retail prices include tax"),
        default=True,
        help_text=_("As consumers read them. A dealer's margin is worked out before tax either way."),
    )
    logo = models.ImageField(_("logo"), upload_to="supplier/", blank=True)

    class Meta:
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        constraints = (models.CheckConstraint(condition=Q(pk=1), name="one_supplier"),)

    @classmethod
    def current(cls) -> Supplier:
        """The supplier, or an unsaved one with a neutral name before the profile is filled in."""
        return cls.objects.filter(pk=1).first() or cls(pk=1, name="Dealer portal")

    @property
    def display_name(self) -> str:
        """The name in the language of the reader."""
        return self.name_zh if self.name_zh and (get_language() or "").startswith("zh") else self.name

    @property
    def display_address(self) -> str:
        """The address in the language of the reader."""
        return self.address_zh if self.address_zh and (get_language() or "").startswith("zh") else self.address

    def __str__(self) -> str:
        return self.name


class Territory(models.Model):
    """A sales area."""

    code = models.CharField(_("code"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=200)

    class Meta:
        verbose_name = _("territory")
        verbose_name_plural = _("territories")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class SalesRep(models.Model):
    """The supplier's person for a dealer. May exist before the person has a login (`user` empty)."""

    code = models.CharField(_("code"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=50, blank=True)
    territory = models.ForeignKey(
        Territory,
        verbose_name=_("territory"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="sales_reps",
    )
    user = models.OneToOneField(
        User, verbose_name=_("user"), null=True, blank=True, on_delete=models.SET_NULL, related_name="sales_rep"
    )

    class Meta:
        verbose_name = _("sales rep")
        verbose_name_plural = _("sales reps")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class DealerGroup(models.Model):
    """Dealers who buy on the same terms: lists and promotions of the group hold for every dealer in it."""

    code = models.CharField(_("code"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=200)
    name_zh = models.CharField(_("Chinese name"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("dealer group")
        verbose_name_plural = _("dealer groups")
        ordering = ("code",)

    @property
    def display_name(self) -> str:
        """The name in the language of the reader."""
        return self.name_zh if self.name_zh and (get_language() or "").startswith("zh") else self.name

    def __str__(self) -> str:
        return self.display_name


class DealerQuerySet(models.QuerySet["Dealer"]):
    """Dealers."""

    def for_user(self, user: User) -> DealerQuerySet:
        """Only the dealers this user may see: all for finance and administrators, a rep's own, a member's own."""
        return self.filter(dealers_visible_to(user))


def dealers_visible_to(user: User, prefix: str = "") -> Q:
    """The one scope rule, as a condition on Dealer or, with `prefix` (`"dealer__"`), on anything that belongs to one.

    Nobody else's dealer is ever matched; an inactive or anonymous user matches nothing.
    """
    if not user.is_authenticated or not user.is_active:
        return Q(pk__in=[])
    if user.staff_role in (StaffRole.FINANCE, StaffRole.ADMINISTRATOR):
        return Q()
    if user.staff_role == StaffRole.SALES_REP:
        return Q(**{f"{prefix}sales_rep__user": user.pk})
    member_of = Membership.objects.filter(user=user, is_active=True, dealer__is_active=True).values("dealer")
    return Q(**{f"{prefix}pk__in": member_of})


class Dealer(models.Model):
    """An independent company that buys from the supplier. Amounts are in its `currency`."""

    number = models.CharField(_("dealer number"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=200)
    name_zh = models.CharField(_("Chinese name"), max_length=200, blank=True)
    tax_id = models.CharField(_("tax number"), max_length=50, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    tax_percent = models.DecimalField(
        _("tax rate, %"), max_digits=5, decimal_places=2, default=0, validators=[MinValueValidator(0)]
    )
    payment_terms_days = models.PositiveSmallIntegerField(
        _("payment terms, days"), default=0, help_text=_("0 means payment before shipment.")
    )
    credit_limit = models.DecimalField(_("credit limit"), max_digits=14, decimal_places=2, default=0)
    po_number_required = models.BooleanField(_("PO number required"), default=False)
    group = models.ForeignKey(
        DealerGroup,
        verbose_name=_("dealer group"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="dealers",
    )
    shows_margin = models.BooleanField(
        _("recommended retail price and margin shown"),
        default=True,
        help_text=_("The dealer's people see both beside their own prices."),
    )
    language = models.CharField(_("language"), max_length=10, choices=Language.choices, default=Language.ENGLISH)
    sales_rep = models.ForeignKey(
        SalesRep, verbose_name=_("sales rep"), null=True, blank=True, on_delete=models.SET_NULL, related_name="dealers"
    )
    territory = models.ForeignKey(
        Territory, verbose_name=_("territory"), null=True, blank=True, on_delete=models.SET_NULL, related_name="dealers"
    )
    contact_name = models.CharField(_("contact"), max_length=200, blank=True)
    contact_email = models.EmailField(_("contact e-mail"), blank=True)
    contact_phone = models.CharField(_("contact phone"), max_length=50, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    objects = DealerQuerySet.as_manager()

    class Meta:
        verbose_name = _("dealer")
        verbose_name_plural = _("dealers")
        ordering = ("number",)
        constraints = (
            models.CheckConstraint(
                condition=Q(tax_percent__gte=0, tax_percent__lt=100), name="tax_percent_is_a_percentage"
            ),
            models.CheckConstraint(condition=Q(credit_limit__gte=0), name="credit_limit_not_negative"),
        )

    @property
    def display_name(self) -> str:
        """The name in the language of the reader."""
        return self.name_zh if self.name_zh and (get_language() or "").startswith("zh") else self.name

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Outlet(models.Model):
    """A dealer's shop or warehouse: where goods are shipped to."""

    dealer = models.ForeignKey(Dealer, verbose_name=_("dealer"), on_delete=models.CASCADE, related_name="outlets")
    code = models.CharField(_("code"), max_length=50)
    name = models.CharField(_("name"), max_length=200)
    contact_name = models.CharField(_("contact"), max_length=200, blank=True)
    contact_phone = models.CharField(_("phone"), max_length=50, blank=True)
    address_line1 = models.CharField(_("address"), max_length=200, blank=True)
    address_line2 = models.CharField(_("address, second line"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    state = models.CharField(_("state or province"), max_length=100, blank=True)
    postal_code = models.CharField(_("postcode"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, help_text=_("ISO 3166 code of two letters."))
    latitude = models.DecimalField(_("latitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("outlet")
        verbose_name_plural = _("outlets")
        ordering = ("dealer", "code")
        constraints = (models.UniqueConstraint(fields=("dealer", "code"), name="one_outlet_code_per_dealer"),)
        indexes = (
            GistIndex(
                Func(
                    Cast("longitude", models.FloatField()),
                    Cast("latitude", models.FloatField()),
                    function="point",
                    output_field=models.FloatField(),
                ),
                name="outlets_by_location",
                condition=Q(is_active=True, latitude__isnull=False, longitude__isnull=False),
            ),
        )

    @property
    def address_lines(self) -> list[str]:
        """The postal address, top to bottom, empty parts left out; see `address_lines`."""
        return address_lines({name: getattr(self, name) for name in PARTS})

    @property
    def address(self) -> str:
        """The postal address on one line."""
        return in_one_line({name: getattr(self, name) for name in PARTS})

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user's place at a dealer. Ending one (`is_active=False`) shuts the user out with the next request."""

    user = models.ForeignKey(User, verbose_name=_("user"), on_delete=models.CASCADE, related_name="memberships")
    dealer = models.ForeignKey(Dealer, verbose_name=_("dealer"), on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=20, choices=DealerRole.choices)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = (models.UniqueConstraint(fields=("user", "dealer"), name="one_membership_per_user_and_dealer"),)

    def __str__(self) -> str:
        return f"{self.user} · {self.dealer}"


class DealerChange(models.Model):
    """One change of a dealer's terms or people: who, when, which field, from what to what. It only grows.

    `old` and `new` are values as stored (codes, plain numbers); an empty one stands for nothing.
    """

    dealer = models.ForeignKey(Dealer, verbose_name=_("dealer"), on_delete=models.PROTECT, related_name="changes")
    by = models.ForeignKey(User, verbose_name=_("by"), null=True, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200)
    at = models.DateTimeField(_("at"), default=timezone.now)
    field = models.CharField(_("field"), max_length=50)
    old = models.CharField(_("from"), max_length=300, blank=True)
    new = models.CharField(_("to"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("dealer change")
        verbose_name_plural = _("dealer changes")
        ordering = ("-id",)
        indexes = (models.Index(fields=("dealer", "-id"), name="changes_by_dealer"),)

    def __str__(self) -> str:
        return f"{self.field}: {self.old} → {self.new}"
