"""What the desk's forms ask: why something is done, and to which rows."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t

from portal.components.keyset import whole

ACTS = (("reroute", ""), ("warehouse", ""), ("sent", ""), ("cancel", ""))


class ActForm(forms.Form):
    """What is done to lines, and why. That the warehouse has sent something needs no reason."""

    note = forms.CharField(
        label=t("Reason"), max_length=500, required=False, help_text=t("Kept with the order's history.")
    )
    act = forms.ChoiceField(choices=ACTS, widget=forms.HiddenInput)

    def clean(self) -> dict[str, str]:
        """Refuse to change anything without a reason."""
        values: dict[str, str] = super().clean() or {}
        if values.get("act") != "sent" and not values.get("note", "").strip():
            self.add_error("note", _("Say why."))
        return values


class NoteForm(forms.Form):
    """Words that go with a decision; none are needed."""

    note = forms.CharField(label=t("Note"), max_length=500, required=False)


def ids_of(texts: Iterable[str]) -> list[int]:
    """Keys out of what a form sent; what is no key is left out."""
    found = []
    for text in texts:
        try:
            found.append(whole(text))
        except ValueError:
            continue
    return found
