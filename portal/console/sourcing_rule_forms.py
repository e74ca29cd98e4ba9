"""What staff may say in a sourcing rule, and in the head of a set of rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dealers.accounts.models import DealerGroup
from fulfilment.allocation.models import ConsumerCampaign, RuleSet, RuleSetState, SourcingRule
from fulfilment.allocation.ruleedit import SAID
from fulfilment.consumer.models import Channel, Method
from portal.console.sourcing_fields import areas_there, codes_field, dealers_there, readable

t = gettext_lazy

#: The form in panels: title, a note, and each field with its width.
PANELS: tuple[tuple[Any, Any, tuple[tuple[str, str], ...]], ...] = (
    (t("The rule"), "", (("name", "col-md-6"), ("is_active", "col-md-6 align-self-center"))),
    (
        t("For which orders"),
        t("What is left empty lets every order pass."),
        (
            ("channels", "col-md-4"),
            ("methods", "col-md-4"),
            ("areas", "col-md-4"),
            ("tags", "col-md-4"),
            ("least_value", "col-6 col-md-3"),
            ("most_value", "col-6 col-md-3"),
        ),
    ),
    (
        t("Which outlets are asked"),
        t("On top of what always holds: contract, authorised goods, territory, stock, hours, protected margin."),
        (
            ("groups", "col-md-4"),
            ("dealers", "col-md-4"),
            ("without_dealers", "col-md-4"),
            ("least_tier", "col-6 col-md-3"),
            ("within_km", "col-6 col-md-3"),
            ("owners_only", "col-md-6 align-self-center"),
        ),
    ),
    (
        t("How they are asked"),
        "",
        (
            ("mode", "col-md-4"),
            ("offers", "col-6 col-md-2"),
            ("timeout", "col-6 col-md-2"),
            ("on_exhausted", "col-md-4"),
        ),
    ),
    (
        t("Parcels"),
        "",
        (
            ("split", "col-md-4 align-self-center"),
            ("parcels", "col-6 col-md-2"),
            ("least_parcel_value", "col-6 col-md-3"),
        ),
    ),
    (
        t("What makes an outlet dear"),
        t("The cheapest outlet gets the order. Percent of 100 count once; amounts are in the order's currency."),
        (
            ("freight_weight", "col-6 col-md-3"),
            ("top_up_weight", "col-6 col-md-3"),
            ("opportunity_weight", "col-6 col-md-3"),
            ("parcel_cost", "col-6 col-md-3"),
            ("fairness_cost", "col-6 col-md-3"),
            ("ask_cost", "col-6 col-md-3"),
            ("outside_primary_cost", "col-6 col-md-3"),
            ("unfilled_cost", "col-6 col-md-3"),
            ("consider", "col-6 col-md-3"),
            ("batch_seconds", "col-6 col-md-3"),
        ),
    ),
)
HELP: dict[str, Any] = {
    "is_active": t("An inactive rule stays in the set and is passed over."),
    "most_value": t("Empty: without limit."),
    "least_tier": t("Of the dealer's contract. Empty: every tier."),
    "within_km": t("From the consumer. Empty: as far as the outlet sends."),
    "owners_only": t("Exclusive or primary territories in which the order falls."),
    "offers": t("About one order."),
    "timeout": t("Of the outlet's opening hours."),
    "split": t("Otherwise one outlet takes all lines, or the rule passes."),
    "parcels": t("One to three."),
    "least_parcel_value": t("No outlet is asked for less."),
    "parcel_cost": t("So a split costs it again."),
    "fairness_cost": t("Added for a dealer ahead of its entitlement, taken off for one behind."),
    "ask_cost": t("The delay; more for dealers who seldom accept."),
    "unfilled_cost": t("Dearer outlets are not asked; what comes next costs that."),
    "consider": t("Nearest first."),
    "batch_seconds": t("0 decides every order at once."),
}


class SourcingRuleForm(forms.ModelForm[SourcingRule]):
    """A rule; the form itself never saves. `seen` is the set's last change when the page was drawn."""

    channels = forms.MultipleChoiceField(label=t("Channels"), required=False, widget=forms.CheckboxSelectMultiple)
    methods = forms.MultipleChoiceField(
        label=t("How the consumer gets it"), required=False, choices=Method.choices, widget=forms.CheckboxSelectMultiple
    )
    areas = codes_field(t("Areas"), t("Beginnings of postcodes or area codes, commas between them: 44, 4501."))
    tags = codes_field(t("Campaigns"), t("Codes, commas between them."), "campaigns")
    groups = forms.MultipleChoiceField(label=t("Dealer groups"), required=False, widget=forms.CheckboxSelectMultiple)
    dealers = codes_field(t("Only these dealers"), t("Numbers, commas between them."), "dealers")
    without_dealers = codes_field(t("Without these dealers"), t("Numbers, commas between them."), "dealers")
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)

    class Meta:
        model = SourcingRule
        fields = SAID
        help_texts = HELP

    def __init__(self, data: Any = None, *, instance: SourcingRule, seen: int = 0) -> None:
        super().__init__(data, instance=instance, initial={"seen": seen})
        readable(self)
        channels: Any = self.fields["channels"]
        channels.choices = _and_stored(Channel.objects.values_list("code", "name"), instance.channels)
        channels.help_text = "" if channels.choices else _("There is no channel yet.")
        groups: Any = self.fields["groups"]
        named = [(group.code, group.display_name) for group in DealerGroup.objects.all()]
        groups.choices = _and_stored(named, instance.groups)
        groups.help_text = "" if groups.choices else _("There is no dealer group yet.")

    def panels(self) -> Iterator[dict[str, Any]]:
        """For the template."""
        for title, note, fields in PANELS:
            yield {"title": title, "note": note, "fields": [(self[name], width) for name, width in fields]}

    def clean_areas(self) -> list[str]:
        """Areas that are there."""
        return areas_there(self.cleaned_data["areas"])

    def clean_tags(self) -> list[str]:
        """Campaigns that are there."""
        codes: list[str] = self.cleaned_data["tags"]
        known = set(ConsumerCampaign.objects.filter(code__in=codes).values_list("code", flat=True))
        unknown = [code for code in codes if code not in known]
        if unknown:
            raise forms.ValidationError(_("There is no campaign %(codes)s.") % {"codes": ", ".join(unknown[:5])})
        return codes

    def clean_dealers(self) -> list[str]:
        """Dealers that are there."""
        return dealers_there(self.cleaned_data["dealers"])

    def clean_without_dealers(self) -> list[str]:
        """Dealers that are there."""
        return dealers_there(self.cleaned_data["without_dealers"])

    def clean(self) -> dict[str, Any]:
        """Values in order, and nobody both asked and left out."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        least, most = values.get("least_value"), values.get("most_value")
        if least is not None and most is not None and most < least:
            self.add_error("most_value", _("This is less than where the rule begins."))
        both = [number for number in values.get("dealers", ()) if number in values.get("without_dealers", ())]
        if both:
            words = {"numbers": ", ".join(both)}
            self.add_error("without_dealers", _("%(numbers)s cannot be asked and left out.") % words)
        return values


class RuleSetForm(forms.ModelForm[RuleSet]):
    """What a draft is called."""

    class Meta:
        model = RuleSet
        fields = ("name", "note")
        help_texts = {"note": t("Why, for those who read it later.")}


class NewSetForm(RuleSetForm):
    """A new draft: empty, or with the rules of another set."""

    origin = forms.ChoiceField(label=t("Begins with"), required=False)

    def __init__(self, data: Any = None, *, origin: str = "") -> None:
        super().__init__(data)
        sets = RuleSet.objects.order_by("-pk")[:100]
        words = dict(RuleSetState.choices)
        ordered = sorted(sets, key=lambda each: each.state != RuleSetState.LIVE)
        field: Any = self.fields["origin"]
        field.choices = [
            *((str(each.pk), f"{each.name} ({words[each.state]})") for each in ordered),
            ("", _("no rules")),
        ]
        if origin in dict(field.choices):
            self.initial["origin"] = origin
        elif ordered:
            self.initial["origin"] = str(ordered[0].pk)


def _and_stored(choices: Any, stored: list[str]) -> list[tuple[str, str]]:
    """The choices, and what is stored that is none of them any more, so that it is not lost unseen."""
    known = [(str(code), str(name)) for code, name in choices]
    codes = {code for code, _name in known}
    return [*known, *((code, code) for code in stored if code not in codes)]
