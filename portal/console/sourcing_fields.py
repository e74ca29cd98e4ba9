"""What forms about sourcing share: lists of codes, areas that are there, dealers by number, days in order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t

from dealers.accounts.models import Dealer
from fulfilment.allocation.areas import folded_area, known_areas
from portal.components.formats import entered_number

_BETWEEN = re.compile(r"[,;，；、\n]+")
MOST_CODES = 200


class CodesField(forms.CharField):
    """Codes with commas between them or one a line; gives a list, each code once."""

    def prepare_value(self, value: Any) -> Any:
        """As one line."""
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        """The codes in the order they were written."""
        text = super().clean(value) or ""
        codes = list(dict.fromkeys(part for part in (" ".join(each.split()) for each in _BETWEEN.split(text)) if part))
        if len(codes) > MOST_CODES:
            raise forms.ValidationError(_("At most %(most)s fit here.") % {"most": MOST_CODES})
        return codes


def codes_field(label: Any, help_text: Any = "", listed: str = "") -> CodesField:
    """A field of codes; `listed` names a datalist."""
    attrs = {"autocomplete": "off", "spellcheck": "false", **({"list": listed} if listed else {})}
    return CodesField(
        label=label, required=False, help_text=help_text, max_length=6_000, widget=forms.TextInput(attrs=attrs)
    )


def readable(form: forms.BaseForm) -> None:
    """Numbers in a form's boxes without the zeros that the database keeps."""
    for name, each in form.fields.items():
        value = form.initial.get(name)
        if isinstance(each, forms.DecimalField) and isinstance(value, Decimal):
            form.initial[name] = entered_number(value, digits=min(each.decimal_places or 0, 2) if value % 1 else 0)


def day_field(label: Any, help_text: Any = "") -> forms.DateField:
    """A day that may be left empty."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, help_text=help_text, widget=widget)


def areas_there(typed: Iterable[str]) -> list[str]:
    """Area codes, folded; refuses those with which nothing begins."""
    codes = list(dict.fromkeys(folded_area(each) for each in typed))
    known = known_areas(codes)
    unknown = [code for code in codes if code not in known]
    if unknown:
        words = {"codes": ", ".join(unknown[:5])}
        raise forms.ValidationError(
            _("No place begins with %(codes)s. Write the beginning of a postcode or of China's six-digit code.") % words
        )
    return codes


def dealers_there(numbers: Sequence[str]) -> list[str]:
    """Dealers' numbers as they are stored; refuses those that nobody has."""
    known = {
        number.casefold(): number
        for number in Dealer.objects.filter(number__in=_spelled(numbers)).values_list("number", flat=True)
    }
    unknown = [number for number in numbers if number.casefold() not in known]
    if unknown:
        raise forms.ValidationError(_("There is no dealer %(numbers)s.") % {"numbers": ", ".join(unknown[:5])})
    return [known[number.casefold()] for number in numbers]


def _spelled(numbers: Sequence[str]) -> set[str]:
    return {spelled for number in numbers for spelled in (number, number.upper(), number.lower())}


class DaysInOrder(forms.Form):
    """A form with `valid_from` and `valid_until`."""

    def clean(self) -> dict[str, Any]:
        """The last day is not before the first."""
        values: dict[str, Any] = super().clean() or getattr(self, "cleaned_data", {})
        start, end = values.get("valid_from"), values.get("valid_until")
        if start and end and end < start:
            self.add_error("valid_until", _("This day is before the first one. Correct one of the two."))
        return values


def dealer_field() -> forms.CharField:
    """A dealer by number, with the list `dealers` to choose from."""
    return forms.CharField(
        label=t("Dealer"), max_length=50, widget=forms.TextInput(attrs={"list": "dealers", "autocomplete": "off"})
    )


def dealer_there(number: str) -> Dealer:
    """The dealer of a number that was typed."""
    found = Dealer.objects.filter(number__iexact=number.strip()).first()
    if found is None:
        raise forms.ValidationError(_("There is no such dealer. Choose one from the list."))
    return found
