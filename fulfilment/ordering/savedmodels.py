"""Lists of products that a dealer keeps: to order from again, or as a template that stays as it is."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dealers.accounts.models import Dealer, User


class ListKind(models.TextChoices):
    """What a saved list is for."""

    LIST = "list", _("List")
    TEMPLATE = "template", _("Order template")


class SavedListQuerySet(models.QuerySet["SavedList"]):
    """Saved lists."""

    def for_buyer(self, user: User, dealer: Dealer) -> SavedListQuerySet:
        """The user's own lists at the dealer and those that colleagues share; someone else's does not exist."""
        return self.filter(Q(owner=user) | Q(shared=True), dealer=dealer, deleted_at=None)


class SavedList(models.Model):
    """A named list of products with quantities. Shared ones can be used and edited by every buyer of the dealer."""

    dealer = models.ForeignKey("dealers_accounts.Dealer", on_delete=models.CASCADE, related_name="saved_lists")
    owner = models.ForeignKey(User, verbose_name=_("owner"), on_delete=models.CASCADE, related_name="saved_lists")
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=ListKind.choices, default=ListKind.LIST)
    shared = models.BooleanField(_("shared with colleagues"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = SavedListQuerySet.as_manager()

    class Meta:
        app_label = "fulfilment_ordering"
        verbose_name = _("saved list")
        verbose_name_plural = _("saved lists")
        indexes = (
            models.Index(fields=("dealer", "name", "id"), condition=Q(deleted_at=None), name="saved_lists_by_dealer"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("dealer", "owner", "name"), condition=Q(deleted_at=None), name="one_saved_list_per_name"
            ),
        )

    def __str__(self) -> str:
        return self.name


class SavedListItem(models.Model):
    """One product of a list, in sales units. It stays, with SKU and name, when the product is no longer sold."""

    saved_list = models.ForeignKey(SavedList, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey(
        "catalogue.Product", null=True, blank=True, on_delete=models.SET_NULL, related_name="saved_list_items"
    )
    sku = models.CharField(_("SKU"), max_length=128)
    name = models.CharField(_("name"), max_length=255)
    quantity = models.PositiveIntegerField(_("quantity"))
    note = models.CharField(_("note"), max_length=500, blank=True)
    position = models.PositiveIntegerField()

    class Meta:
        app_label = "fulfilment_ordering"
        verbose_name = _("line of a saved list")
        verbose_name_plural = _("lines of saved lists")
        ordering = ("saved_list", "position", "id")
        indexes = (models.Index(fields=("saved_list", "position", "id"), name="saved_list_items_in_order"),)
        constraints = (
            models.UniqueConstraint(fields=("saved_list", "product"), name="one_line_per_product_and_saved_list"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="saved_list_quantity_from_one"),
        )

    def __str__(self) -> str:
        return f"{self.saved_list_id}/{self.position} {self.sku}"
