"""The forms of an import: what is uploaded, and which of the file's columns is which of ours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dealers.intake.columns import Column
from portal.documents.tables.limits import MEBIBYTE
from portal.documents.tables.reading import Preview
from portal.imports.kinds import COLUMNS
from portal.imports.mapping import PROBLEM_COLUMN, ColumnMap, MappingRefused, RowMapper, guess, read_mapping
from portal.imports.models import ImportKind
from portal.imports.opening import largest
from portal.imports.pictures import LARGEST_ZIP, PicturesRefused, Zip
from pricing.catalogue.columns import ATTRIBUTE, ATTRIBUTE_ZH, attribute_column

t = gettext_lazy
LONGEST_NAME = 200


class UploadForm(forms.Form):
    """A file of one kind. Sizes are refused before anything is read."""

    kind = forms.ChoiceField(label=t("What the file holds"), choices=ImportKind.choices)
    file = forms.FileField(
        label=t("File"),
    )
    images = forms.FileField(
        label=t("Pictures"),
        required=False,
        help_text=t("For products only: a ZIP of the pictures that the file names, at most 200 MB."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        help_text = _(
            "CSV (UTF-8 or GB18030) or Excel (.xlsx), at most %(limit)s MB. The first row holds the headings."
        )
        self.fields["file"].help_text = help_text % {"limit": largest() // MEBIBYTE}

    def clean_file(self) -> UploadedFile[Any]:
        """Not too large, with a name that can be kept."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > largest():
            facts = {"limit": largest() // MEBIBYTE}
            raise forms.ValidationError(_("The file has more than %(limit)s MB. Split it into several files.") % facts)
        file.name = PurePath(file.name or "table.csv").name[-LONGEST_NAME:]
        return file

    def clean_images(self) -> UploadedFile[Any] | None:
        """A ZIP that may be unpacked."""
        images: UploadedFile[Any] | None = self.cleaned_data["images"]
        if images is not None:
            try:
                Zip(images, images.size or LARGEST_ZIP + 1)
            except PicturesRefused as why:
                raise forms.ValidationError(why.message) from why
            images.seek(0)
        return images

    def clean(self) -> dict[str, Any]:
        """Pictures belong to products."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("images") and cleaned.get("kind") != ImportKind.PRODUCTS:
            self.add_error("images", _("Only products have pictures."))
        return cleaned


@dataclass(frozen=True)
class MappingRow:
    """One of our columns on the mapping screen."""

    column: Column
    theirs: forms.BoundField
    constant: forms.BoundField
    samples: list[str]


class MappingForm(forms.Form):
    """Each of our columns: a column of theirs, or one value for all rows. `document` is the mapping when valid."""

    def __init__(
        self,
        kind: str,
        preview: Preview,
        remembered: dict[str, Any] | None,
        data: Any = None,
        *,
        pictures: bool = False,
    ) -> None:
        super().__init__(data)
        self.kind = kind
        self.preview = preview
        self.columns = [column for column in COLUMNS[kind] if pictures or column.name != "image"]
        self._kept: dict[str, Any] = {
            part: remembered[part] for part in ("only", "skip", "values") if remembered and part in remembered
        }
        self.document: dict[str, Any] = {}
        self._headings = [name for name in preview.header if name and name != PROBLEM_COLUMN]
        known = remembered or {"columns": guess(kind, preview.header)}
        self._add_columns(known)
        self.others = self._add_attributes(known) if kind == ImportKind.PRODUCTS else []
        if kind == ImportKind.STOCK:
            self.fields["sum"] = forms.BooleanField(
                label=t("Add up the quantities of rows with the same SKU and location"),
                required=False,
                initial=bool(known.get("sum")),
            )
        if kind == ImportKind.PRICES:
            self.fields["whole_lists"] = forms.BooleanField(
                label=t("The file holds the whole price lists: end the prices that are not in it"),
                help_text=t("You see how many those are, and confirm, before anything is written."),
                required=False,
            )

        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label

    def _add_columns(self, known: dict[str, Any]) -> None:
        choices = [("", "–"), *((name, name) for name in dict.fromkeys(self._headings))]
        for column in self.columns:
            said = known.get("columns", {}).get(column.name, "")
            joined = isinstance(said, list)
            options = [*choices, (" + ".join(said), " + ".join(said))] if joined and len(said) > 1 else choices
            self.fields[f"column_{column.name}"] = forms.ChoiceField(
                label=str(column.label),
                choices=options,
                required=False,
                initial=" + ".join(said) if joined else said,
            )
            self.fields[f"constant_{column.name}"] = forms.CharField(
                label=_("%(column)s, the same for all rows") % {"column": column.label},
                required=False,
                max_length=255,
                initial=known.get("constants", {}).get(column.name, ""),
            )

    def _add_attributes(self, known: dict[str, Any]) -> list[dict[str, Any]]:
        """Headings that are none of our columns may become attributes of the products."""
        used = {
            name for said in known.get("columns", {}).values() for name in ([said] if isinstance(said, str) else said)
        }
        by_heading = {
            said["column"]: (code, said)
            for code, said in known.get("attributes", {}).items()
            if isinstance(said.get("column"), str)
        }
        rows = []
        for place, heading in enumerate(self._headings):
            if (heading in used and heading not in by_heading) or heading.startswith((ATTRIBUTE, ATTRIBUTE_ZH)):
                continue
            code, said = by_heading.get(heading, (attribute_code(heading, place), {}))
            names = {part: f"attribute_{part}_{place}" for part in ("use", "en", "zh")}
            self.fields[names["use"]] = forms.BooleanField(label=heading, required=False, initial=bool(said))
            self.fields[names["en"]] = forms.CharField(
                label=_("%(column)s in English") % {"column": heading},
                required=False,
                max_length=128,
                initial=said.get("en", heading),
            )
            self.fields[names["zh"]] = forms.CharField(
                label=_("%(column)s in Chinese") % {"column": heading},
                required=False,
                max_length=128,
                initial=said.get("zh", ""),
            )
            row: dict[str, Any] = {part: self[name] for part, name in names.items()}
            rows.append({**row, "heading": heading, "code": code, "names": names, "samples": self.samples([heading])})
        return rows

    def rows(self) -> list[MappingRow]:
        """What the screen shows, our needed columns first."""
        return [
            MappingRow(
                column,
                self[f"column_{column.name}"],
                self[f"constant_{column.name}"],
                self.samples(_split(self[f"column_{column.name}"].value(), self._headings)),
            )
            for column in sorted(self.columns, key=lambda each: not each.required)
        ]

    def samples(self, headings: Sequence[str]) -> list[str]:
        """The first values that are there in these columns."""
        places = [self.preview.header.index(name) for name in headings if name in self.preview.header]
        shown = (" ".join(str(row.cells[place] or "") for place in places).strip() for row in self.preview.rows)
        return [text[:60] for text in dict.fromkeys(shown) if text][:3]

    def clean(self) -> dict[str, Any]:
        """Build the mapping and try it on the file's headings; each problem stands at its column."""
        cleaned = super().clean() or self.cleaned_data
        self.document = self._document(cleaned)
        try:
            mapping: ColumnMap = read_mapping(self.kind, self.document)
            RowMapper(mapping, self.preview.header)
        except MappingRefused as why:
            for part, message in why.problems:
                self.add_error(f"column_{part}" if f"column_{part}" in self.fields else None, message)
        return cleaned

    def _document(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        columns: dict[str, Any] = {}
        constants: dict[str, str] = {}
        for column in self.columns:
            theirs = _split(cleaned.get(f"column_{column.name}"), self._headings)
            if theirs:
                columns[column.name] = theirs[0] if len(theirs) == 1 else theirs
            if constant := cleaned.get(f"constant_{column.name}"):
                constants[column.name] = constant
                if theirs:
                    self.add_error(f"constant_{column.name}", _("Choose a column or give one value, not both."))
        columns |= {
            name: name
            for name in self._headings
            if self.kind == ImportKind.PRODUCTS and attribute_column(name) is not None
        }
        attributes = {
            each["code"]: {
                "column": each["heading"],
                "en": cleaned.get(each["names"]["en"]) or each["heading"],
                "zh": cleaned.get(each["names"]["zh"]) or "",
            }
            for each in self.others
            if cleaned.get(each["names"]["use"])
        }
        document: dict[str, Any] = {"columns": columns, "constants": constants, "attributes": attributes, **self._kept}
        if cleaned.get("sum"):
            document["sum"] = ["quantity"]
        return {part: said for part, said in document.items() if said}


def _split(value: Any, headings: Sequence[str]) -> list[str]:
    """The headings behind a choice: one, or several joined by " + " in a mapping that was remembered."""
    text = str(value or "")
    return [text] if text in headings else [part for part in text.split(" + ") if part]


def attribute_code(heading: str, place: int) -> str:
    """A code for an attribute from its heading; Chinese headings get one by their place."""
    code = re.sub(r"[^a-z0-9]+", "_", heading.casefold()).strip("_")[:60]
    return code if attribute_column(f"{ATTRIBUTE}{code}") is not None else f"attribute_{place + 1}"
