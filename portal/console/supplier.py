"""The supplier's own profile: what stands on letterheads, mails and the portal's pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from dealers.accounts.models import Supplier
from portal.access.portal import PortalRequest
from portal.console.logo import LogoField


class SupplierForm(forms.ModelForm[Supplier]):
    """The profile. A new logo takes the old one's place; the old file is removed once the new one is saved."""

    new_logo = LogoField(
        label=gettext_lazy("Logo"),
        required=False,
        help_text=gettext_lazy("PNG, JPEG or WebP, at most 2 MB and 4 megapixels."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    remove_logo = forms.BooleanField(label=gettext_lazy("Remove the logo"), required=False)

    class Meta:
        model = Supplier
        fields = (
            "name",
            "name_zh",
            "address",
            "address_zh",
            "tax_id",
            "phone",
            "email",
            "bank_details",
            "retail_prices_include_tax",
        )
        widgets = {
            "address": forms.Textarea(attrs={"rows": 3}),
            "address_zh": forms.Textarea(attrs={"rows": 3}),
            "bank_details": forms.Textarea(attrs={"rows": 3}),
        }

    def save(self, commit: bool = True) -> Supplier:
        """Write the profile and set or remove the logo."""
        supplier = super().save(commit=False)
        old = supplier.logo.name if supplier.logo else ""
        new: Any = self.cleaned_data["new_logo"]
        if new:
            supplier.logo.save(new.name, new, save=False)
        elif self.cleaned_data["remove_logo"]:
            supplier.logo = ""
        supplier.save()
        if old and old != supplier.logo.name:
            supplier.logo.storage.delete(old)
        return supplier


@require_http_methods(["GET", "HEAD", "POST"])
def supplier(request: PortalRequest) -> HttpResponse:
    """The form, and saving it."""
    here = Supplier.current()
    if request.method == "POST":
        form = SupplierForm(request.POST, request.FILES, instance=Supplier.current())
        if form.is_valid():
            form.save()
            messages.success(request, _("The profile is saved. New statements and mails carry it from now on."))
            return redirect("console:supplier")
        return render(request, "console/supplier/profile.html", {"form": form, "supplier": here}, status=422)
    form = SupplierForm(instance=here)
    return render(request, "console/supplier/profile.html", {"form": form, "supplier": here})
