"""What dealers owe: an append-only, double-entry ledger and the documents that post to it.

PostgreSQL itself refuses UPDATE and DELETE on every table of this module, a journal whose postings do not sum to
zero, and a posting added to a journal of an earlier transaction (migration `0002_append_only`).
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dealers.accounts.models import User, dealers_visible_to


class Account(models.TextChoices):
    """The accounts a posting may touch. What is owed by or to a dealer always names it.

    RECEIVABLE is a dealer's account with the supplier, moved by documents alone. The rest below BANK are of consumer
    orders: DEALER_PAYABLE and OVERRIDE_PAYABLE are what dealers earned and is not on their account yet.
    """

    RECEIVABLE = "receivable", _("Receivable")
    REVENUE = "revenue", _("Revenue")
    TAX = "tax", _("Tax")
    BANK = "bank", _("Bank")
    CASH_CLEARING = "cash_clearing", _("Consumers' payments")
    PAYMENT_FEE = "payment_fee", _("Payment fees")
    SUPPLIER_DISCOUNT = "supplier_discount", _("Discounts borne by the supplier")
    SUBSIDY = "subsidy", _("Top-ups")
    GUIDE_EXPENSE = "guide_expense", _("Guides' commission")
    OVERRIDE_EXPENSE = "override_expense", _("Territory overrides")
    GOODS_BOUGHT_BACK = "goods_bought_back", _("Goods bought back")
    FULFILMENT_FEE = "fulfilment_fee", _("Fulfilment fees")
    COMMISSION_INCOME = "commission_income", _("Commission")
    CONSUMER_SALES = "consumer_sales", _("Sales to consumers")
    DEALER_PAYABLE = "dealer_payable", _("Consumer sales owed to dealers")
    GUIDE_PAYABLE = "guide_payable", _("Commission owed to guides")
    OVERRIDE_PAYABLE = "override_payable", _("Overrides owed to dealers")
    PENALTY_INCOME = "penalty_income", _("Penalties")


#: Accounts whose postings always name the dealer.
OF_A_DEALER = (Account.RECEIVABLE, Account.DEALER_PAYABLE, Account.OVERRIDE_PAYABLE)


class DocumentKind(models.TextChoices):
    """What moves a dealer's balance."""

    INVOICE = "invoice", _("Invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")
    PAYMENT = "payment", pgettext_lazy("document", "Payment")
    PAYOUT = "payout", _("Payment to the dealer")
    SETTLEMENT = "settlement", _("Consumer sales")
    SETTLEMENT_CORRECTION = "correction", _("Consumer sales, correction")


#: Kinds by which a dealer owes more; the others are in its favour.
DEBITS = (DocumentKind.INVOICE, DocumentKind.PAYOUT, DocumentKind.SETTLEMENT_CORRECTION)
#: Kinds that the portal itself issues, when money of consumer orders comes to a dealer's account.
OF_CONSUMER_SALES = (DocumentKind.SETTLEMENT, DocumentKind.SETTLEMENT_CORRECTION)


class Journal(models.Model):
    """One balanced entry. `(source_kind, source_key)` makes posting idempotent; `date` is the document's day."""

    source_kind = models.CharField(max_length=30)
    source_key = models.CharField(max_length=200)
    date = models.DateField(_("date"))
    currency = models.CharField(max_length=3)
    description = models.CharField(max_length=300, blank=True)
    reverses = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by")
    posted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    posted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("source_kind", "source_key"), name="post_each_source_once"),)

    def __str__(self) -> str:
        return f"{self.source_kind} {self.source_key}"


class Posting(models.Model):
    """One side of a journal: debit positive, credit negative, in the journal's currency, two decimals."""

    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="postings")
    account = models.CharField(max_length=20, choices=Account.choices)
    dealer = models.ForeignKey(
        "dealers_accounts.Dealer", null=True, blank=True, on_delete=models.PROTECT, related_name="postings"
    )
    amount = models.DecimalField(max_digits=16, decimal_places=2)

    class Meta:
        indexes = (models.Index(fields=("dealer", "account", "journal"), name="postings_by_dealer"),)
        constraints = (
            models.CheckConstraint(condition=~Q(amount=0), name="posting_moves_money"),
            models.CheckConstraint(
                condition=~Q(account="receivable") | Q(dealer__isnull=False), name="receivable_names_the_dealer"
            ),
            models.CheckConstraint(
                condition=~Q(account__in=("dealer_payable", "override_payable")) | Q(dealer__isnull=False),
                name="payable_names_the_dealer",
            ),
        )

    def __str__(self) -> str:
        return f"{self.account} {self.amount}"


class DocumentQuerySet(models.QuerySet["AccountDocument"]):
    """Documents of dealers."""

    def for_user(self, user: User) -> DocumentQuerySet:
        """Only documents of dealers this user may see."""
        return self.filter(dealers_visible_to(user, "dealer__"))


class AccountDocument(models.Model):
    """An invoice, credit note or payment as the back office issued it, or consumer sales that the portal settled.

    Amounts are positive; `kind` gives the sign.
    """

    kind = models.CharField(_("kind"), max_length=20, choices=DocumentKind.choices)
    number = models.CharField(_("number"), max_length=100)
    dealer = models.ForeignKey("dealers_accounts.Dealer", on_delete=models.PROTECT, related_name="documents")
    issue_date = models.DateField(_("date"))
    due_date = models.DateField(_("due date"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    net_amount = models.DecimalField(_("net amount"), max_digits=14, decimal_places=2)
    tax_amount = models.DecimalField(_("tax"), max_digits=14, decimal_places=2, default=0)
    total = models.DecimalField(_("total"), max_digits=14, decimal_places=2)
    order_numbers = models.JSONField(_("orders"), default=list, blank=True)
    reference = models.CharField(_("reference"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)
    journal = models.OneToOneField(Journal, on_delete=models.PROTECT, related_name="document")

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("account document")
        verbose_name_plural = _("account documents")
        indexes = (models.Index(fields=("dealer", "issue_date", "id"), name="documents_by_dealer_and_date"),)
        constraints = (
            models.UniqueConstraint(fields=("kind", "number"), name="one_document_per_kind_and_number"),
            models.CheckConstraint(condition=Q(total__gt=0), name="document_total_is_positive"),
            models.CheckConstraint(
                condition=Q(total=models.F("net_amount") + models.F("tax_amount")),
                name="document_total_is_net_plus_tax",
            ),
        )

    def __str__(self) -> str:
        return self.number


class DocumentLine(models.Model):
    """One line of an invoice or credit note, as issued."""

    document = models.ForeignKey(AccountDocument, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    sku = models.CharField(_("SKU"), max_length=128, blank=True)
    description = models.CharField(_("description"), max_length=300)
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=3)
    unit_price = models.DecimalField(_("unit price"), max_digits=14, decimal_places=4)
    net_amount = models.DecimalField(_("net amount"), max_digits=14, decimal_places=2)
    order_number = models.CharField(_("order"), max_length=128, blank=True)

    class Meta:
        ordering = ("document", "position")
        constraints = (models.UniqueConstraint(fields=("document", "position"), name="one_document_line_per_position"),)

    def __str__(self) -> str:
        return f"{self.document} {self.position}"


class Settlement(models.Model):
    """A part of a payment or credit note set against an invoice, as the back office said."""

    credit = models.ForeignKey(AccountDocument, on_delete=models.PROTECT, related_name="settles")
    invoice = models.ForeignKey(AccountDocument, on_delete=models.PROTECT, related_name="settled_by")
    amount = models.DecimalField(max_digits=14, decimal_places=2)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("credit", "invoice"), name="one_settlement_per_credit_and_invoice"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="settlement_is_positive"),
        )

    def __str__(self) -> str:
        return f"{self.credit} → {self.invoice}: {self.amount}"
