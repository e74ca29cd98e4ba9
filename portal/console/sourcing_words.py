"""Sourcing in words: what a rule does, what differs, and what was changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import DateField, DateTimeField, DecimalField, JSONField, Model
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.utils.translation import ngettext, pgettext

from dealers.accounts.models import Dealer, DealerGroup
from fulfilment.allocation.hours import openings_text
from fulfilment.allocation.models import AllocationChange, OfferModeChoice, OutletException, SourcingRule
from fulfilment.consumer.models import Channel, Method
from portal.components.formats import format_amount, format_date, format_datetime, format_quantity

MOST_NAMED = 5
#: Columns whose own name needs the one beside it.
LABELS: dict[str, Any] = {
    "payment_fee_on_dealer": t("Payment fee borne by the dealer, %"),
    "guide_on_dealer": t("Guide's commission borne by the dealer, %"),
}
TONES = {"draft": "progress", "live": "good", "retired": "neutral"}


@dataclass(frozen=True)
class Names:
    """What the codes in rules are called."""

    channels: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    dealers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, rules: Iterable[SourcingRule]) -> Names:
        """The names of everything that these rules mention. At most three statements."""
        rules = list(rules)
        numbers = {number for rule in rules for number in (*rule.dealers, *rule.without_dealers)}
        dealers = Dealer.objects.filter(number__in=numbers) if numbers else ()
        groups = DealerGroup.objects.all() if any(rule.groups for rule in rules) else ()
        channels = Channel.objects.all() if any(rule.channels for rule in rules) else ()
        return cls(
            {channel.code: channel.name for channel in channels},
            {group.code: group.display_name for group in groups},
            {dealer.number: dealer.display_name for dealer in dealers},
        )


def orders_words(rule: SourcingRule, names: Names) -> str:
    """Which orders a rule is for."""
    parts = []
    if rule.channels:
        parts.append(_named(rule.channels, names.channels))
    if rule.methods:
        parts.append(_named(rule.methods, dict(Method.choices)))
    if rule.areas:
        parts.append(_("areas %(codes)s") % {"codes": _named([f"{area}…" for area in rule.areas])})
    if rule.tags:
        parts.append(_("campaign %(codes)s") % {"codes": _named(rule.tags)})
    if rule.least_value:
        parts.append(_("from %(amount)s") % {"amount": format_amount(rule.least_value)})
    if rule.most_value is not None:
        parts.append(_("up to %(amount)s") % {"amount": format_amount(rule.most_value)})
    return " · ".join(parts) or _("All orders")


def outlets_words(rule: SourcingRule, names: Names) -> str:
    """Which outlets a rule asks."""
    parts = []
    if rule.owners_only:
        parts.append(_("owners of the territory"))
    if rule.groups:
        parts.append(_named(rule.groups, names.groups))
    if rule.dealers:
        parts.append(_("only %(names)s") % {"names": _named(rule.dealers, names.dealers)})
    if rule.without_dealers:
        parts.append(_("without %(names)s") % {"names": _named(rule.without_dealers, names.dealers)})
    if rule.least_tier is not None:
        parts.append(_("from tier %(tier)s") % {"tier": rule.least_tier})
    if rule.within_km is not None:
        parts.append(_("within %(km)s km") % {"km": format_quantity(rule.within_km)})
    return " · ".join(parts) or _("All outlets that can")


def asked_words(rule: SourcingRule) -> str:
    """How dealers are asked, and into how many parcels an order may go."""
    words = {"count": rule.offers, "time": time_words(rule.timeout)}
    if rule.mode == OfferModeChoice.AUTO:
        asked = _("given without asking")
    elif rule.mode == OfferModeChoice.COMPETITIVE:
        asked = _("%(count)s at once, %(time)s; the first takes it") % words
    else:
        asked = _("one after the other, at most %(count)s, %(time)s each") % words
    parts = [asked, _("up to %(count)s parcels") % {"count": rule.parcels} if rule.split else _("never split")]
    if rule.batch_seconds:
        parts.append(_("decided together every %(seconds)s s") % {"seconds": rule.batch_seconds})
    return " · ".join(parts)


def time_words(minutes: int) -> str:
    """Business minutes, as hours where they are whole."""
    if minutes % 60:
        return ngettext("%(count)s business minute", "%(count)s business minutes", minutes) % {"count": minutes}
    hours = minutes // 60
    return ngettext("%(count)s business hour", "%(count)s business hours", hours) % {"count": hours}


def rule_row(rule: SourcingRule, names: Names) -> dict[str, Any]:
    """A rule for a table."""
    return {
        "rule": rule,
        "orders": orders_words(rule, names),
        "outlets": outlets_words(rule, names),
        "asked": asked_words(rule),
        "then": rule.get_on_exhausted_display(),
    }


def field_name(model: type[Model], name: str) -> str:
    """What a column is called."""
    word = str(LABELS[name]) if name in LABELS else str(getattr(model._meta.get_field(name), "verbose_name", name))
    return word[:1].upper() + word[1:]


def said(model: type[Model], name: str, value: Any) -> str:
    """A column's value as people read it, from the row or from the record."""
    if name == "openings" and value == []:
        return _("closed")
    if value is None or value == "" or value == [] or value == {}:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    column = model._meta.get_field(name)
    choices = dict(getattr(column, "choices", None) or ())
    if value in choices.values() or (isinstance(value, str) and value in choices):
        return str(choices.get(value, value))
    if isinstance(column, JSONField):
        return _json_words(name, value)
    if isinstance(column, DecimalField):
        return format_amount(value) if column.decimal_places == 2 else format_quantity(value)
    if isinstance(column, DateTimeField):
        return format_datetime(datetime.fromisoformat(str(value)))
    return format_date(date.fromisoformat(str(value))) if isinstance(column, DateField) else str(value)


def in_order(model: type[Model], names: Iterable[str]) -> list[str]:
    """Names of columns as the table has them, each once; what is no column comes last."""
    places = {field.name: place for place, field in enumerate(model._meta.concrete_fields)}
    return sorted(set(names), key=lambda name: (places.get(name, len(places)), name))


def _json_words(name: str, value: Any) -> str:
    if name == "methods":
        return _named(value, dict(Method.choices))
    if name == "week":
        return week_words(value)
    if name == "openings":
        return openings_text(value)
    if isinstance(value, dict):
        return ", ".join(f"{area}: {price}" for area, price in value.items())
    return ", ".join(map(str, value))


def week_words(week: Sequence[Any]) -> str:
    """A week's opening hours, days that are alike together: Mon, Tue 09:00–17:00; Wed closed."""
    days: dict[str, list[str]] = {}
    for place, openings in enumerate(week):
        days.setdefault(openings_text(openings) or _("closed"), []).append(str(WEEKDAYS_ABBR[place]))
    if len(days) == 1:
        return _("every day %(hours)s") % {"hours": next(iter(days))}
    return "; ".join(f"{', '.join(names)} {hours}" for hours, names in days.items())


def _named(codes: Sequence[str], names: Mapping[str, Any] | None = None) -> str:
    """Codes by name, the first few of many."""
    shown = ", ".join(str((names or {}).get(code, code)) for code in codes[:MOST_NAMED])
    more = len(codes) - MOST_NAMED
    return _("%(names)s and %(count)s more") % {"names": shown, "count": more} if more > 0 else shown


def difference_rows(differences: Iterable[Any]) -> list[dict[str, Any]]:
    """What a draft says otherwise, for a table; rules that are the same do not stand in it."""
    words = {
        "added": (pgettext("rule", "Added"), "good"),
        "removed": (_("Removed"), "bad"),
        "changed": (_("Changed"), "warn"),
        "moved": (_("Moved"), "progress"),
    }
    return [
        {
            "name": each.name,
            "word": words[each.kind][0],
            "tone": words[each.kind][1],
            "old_place": each.old_place or "",
            "new_place": each.new_place or "",
            "fields": [
                {
                    "name": field_name(SourcingRule, name),
                    "old": said(SourcingRule, name, old),
                    "new": said(SourcingRule, name, new),
                }
                for name, old, new in each.fields
            ],
        }
        for each in differences
        if each.kind != "same"
    ]


def rule_changes(changes: Iterable[AllocationChange]) -> list[dict[str, Any]]:
    """What was changed of a set of rules: a row for each field of a rule, one for a rule that came or went."""
    rows: list[dict[str, Any]] = []
    for change in changes:
        rule = change.new.get("rule") or change.old.get("rule") or ""
        if rule and "name" in change.new and not change.old:
            rows.append(_change(change, _("Rule %(name)s") % {"name": rule}, "", pgettext("rule", "added")))
        elif rule and not change.new:
            rows.append(_change(change, _("Rule %(name)s") % {"name": rule}, "", _("removed")))
        else:
            names = [name for name in in_order(SourcingRule, [*change.old, *change.new]) if name != "rule"]
            fields = (_set_field(change, rule, name) for name in names)
            rows.extend(row for row in fields if row["old"] or row["new"])
    return rows


def _set_field(change: AllocationChange, rule: str, name: str) -> dict[str, Any]:
    old, new = change.old.get(name), change.new.get(name)
    if rule:
        label = _("%(rule)s: %(field)s") % {"rule": rule, "field": field_name(SourcingRule, name)}
        return _change(change, label, said(SourcingRule, name, old), said(SourcingRule, name, new))
    labels = {"name": _("Name"), "note": _("Note"), "state": _("State"), "order": _("Order of the rules")}
    labels["copied_from"] = _("Copied from")
    states = {"draft": _("Draft"), "live": pgettext("set of rules", "Live"), "retired": _("Retired")}
    old, new = (", ".join(each) if isinstance(each, list) else str(each or "") for each in (old, new))
    if name == "state":
        old, new = states.get(old, old), states.get(new, new)
    return _change(change, labels.get(name, name), old, new)


def changed(model: type[Model], changes: Iterable[AllocationChange]) -> list[dict[str, Any]]:
    """What was changed of a row, a line for each field that says something; of an exceptional day with its day."""
    rows = []
    for change in changes:
        day = change.new.get("day") or change.old.get("day") or ""
        of = OutletException if day else model
        for name in in_order(of, [*change.old, *change.new]):
            if name == "day":
                continue
            old, new = said(of, name, change.old.get(name)), said(of, name, change.new.get(name))
            if old or new:
                rows.append(_change(change, _on(day, field_name(of, name)), old, new))
    return rows


def _on(day: str, label: str) -> str:
    """A field's name, with the day it is of."""
    return f"{format_date(date.fromisoformat(day))}: {label}" if day else label


def _change(change: AllocationChange, label: str, old: str, new: str) -> dict[str, Any]:
    return {"change": change, "field": label, "old": old, "new": new}
