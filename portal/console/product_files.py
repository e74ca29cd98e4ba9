"""Files of products: data sheets, certificates, manuals and drawings that dealers download."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dealers.intake.columns import Day, Number, Whole
from portal.access.portal import PortalRequest
from portal.components.downloads import excel
from portal.components.keyset import PAGE_SIZE, Key, page_of, turned, whole
from portal.documents.workbooks import Column, Kind, Sheet
from pricing.catalogue.columns import COLUMNS
from pricing.catalogue.export import export_header, export_rows
from pricing.catalogue.files import LARGEST_FILE, FileRefused, checked_name, owner_of, put_file, remove_file
from pricing.catalogue.models import FILE_LANGUAGES, FileKind, ProductFile


class FileForm(forms.Form):
    """A file, and what it belongs to. A model's code puts it beside all its variants."""

    sku = forms.CharField(label=t("SKU or model"), max_length=100)
    kind = forms.ChoiceField(label=t("Kind"), choices=FileKind.choices)
    title = forms.CharField(label=t("Title"), max_length=200)
    title_zh = forms.CharField(label=t("Chinese title"), max_length=200, required=False)
    language = forms.ChoiceField(label=t("Language"), choices=(("", t("Any")), *FILE_LANGUAGES), required=False)
    file = forms.FileField(label=t("File"), help_text=t("PDF, picture, office file, drawing or ZIP, at most 20 MB."))

    def clean_sku(self) -> Any:
        """The product or model itself."""
        product = owner_of(self.cleaned_data["sku"].strip())
        if product is None:
            raise forms.ValidationError(_("There is no product and no model with this code."))
        return product

    def clean_file(self) -> Any:
        """A file of a kind that is taken; size is looked at before it is read."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is larger than 20 MB. Choose a smaller one."))
        content = file.read()
        try:
            checked_name(file.name, content)
        except FileRefused as why:
            raise forms.ValidationError(why.message) from why
        return file.name, content

    def save(self) -> ProductFile:
        """Keep the file."""
        said = self.cleaned_data
        name, content = said["file"]
        words = {name: said[name] for name in ("title", "title_zh", "language")}
        return put_file(said["sku"], FileKind(said["kind"]), name, content, **words)


@require_http_methods(["GET", "HEAD", "POST"])
def product_files(request: PortalRequest) -> HttpResponse:
    """All files, newest first, those of one SKU or model when asked; and the form for another."""
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.save()
        messages.success(request, _("%(name)s can be downloaded now.") % {"name": file.name})
        return redirect("console:product_files")
    asked = request.GET.get("q", "").strip()
    files = ProductFile.objects.select_related("product__card")
    if asked:
        owner = owner_of(asked)
        files = files.filter(product=owner) if owner else files.none()
    page = page_of(files, turned(Key("pk", whole)), PAGE_SIZE, request.GET)
    context = {"form": form, "page": page, "files": page.rows, "asked": asked}
    return render(request, "console/product_files.html", context, status=422 if form.errors else 200)


@require_POST
def product_file_remove(request: PortalRequest, pk: int) -> HttpResponse:
    """Take a file away."""
    file = get_object_or_404(ProductFile, pk=pk)
    name = file.name
    remove_file(file)
    messages.success(request, _("%(name)s was removed.") % {"name": name})
    return redirect("console:product_files")


@require_safe
def products_export(request: PortalRequest) -> FileResponse:
    """All products as a workbook with the columns of the import: changed there, it can be imported again."""
    header = export_header()
    sheet = Sheet(_("Products"), [Column(name, _kind_of(name)) for name in header], export_rows(header))
    return excel("products", [sheet])


def _kind_of(name: str) -> Kind:
    column = next((each for each in COLUMNS if each.name == name), None)
    if isinstance(column, Whole):
        return "integer"
    if isinstance(column, Number):
        return "decimal"
    return "date" if isinstance(column, Day) else "text"
