"""What staff keep of allocation is written here, each time with a row that says who, when, and what it was before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from dealers.accounts.models import Dealer, User
from fulfilment.allocation.models import AllocationChange


class What(StrEnum):
    """What was changed; `AllocationChange.of` names which one."""

    RULES = "rules"
    TERMS = "terms"
    CONTRACT = "contract"
    SERVICE = "service"
    TERRITORY = "territory"
    MARGIN = "margin"
    CAMPAIGN = "campaign"
    ONLINE = "online"


class ChangeRefused(Exception):
    """It cannot be kept like that, and nothing was written. `field` is where the mend belongs."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


#: What a reference to another row is called in the record.
NAMES = {"dealer": "number", "product": "upc", "category": "full_name", "outlet": "code"}


def plain(thing: models.Model, columns: Iterable[str]) -> dict[str, Any]:
    """Some columns of a row as the record keeps them: what JSON can hold, amounts as text, references by name."""
    return {name: _plain(name, getattr(thing, name)) for name in columns}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, models.Model):
        return str(getattr(value, NAMES[name]))
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value.isoformat() if isinstance(value, date | datetime) else value


def record(
    what: What,
    of: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    by: User | None,
    dealer: Dealer | None = None,
    about: Mapping[str, Any] | None = None,
) -> AllocationChange | None:
    """Keep what differs; nothing where nothing does. `about` stands beside it on both sides, to name a part."""
    change = as_change(what, of, old, new, by=by, dealer=dealer, about=about)
    if change is not None:
        change.save()
    return change


def as_change(
    what: What,
    of: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    by: User | None,
    dealer: Dealer | None = None,
    about: Mapping[str, Any] | None = None,
) -> AllocationChange | None:
    """The row of the record, not saved; None where nothing differs."""
    names = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    if not names:
        return None
    part = dict(about or {})
    return AllocationChange(
        what=what,
        of=of,
        dealer=dealer,
        by=by,
        by_name=by.get_full_name() if by else "",
        old={name: old[name] for name in names if name in old} | (part if old else {}),
        new={name: new[name] for name in names if name in new} | (part if new else {}),
    )


def changes_of(what: What, of: str | None = None) -> models.QuerySet[AllocationChange]:
    """What was changed of one thing, or of all of its kind; newest first."""
    found = AllocationChange.objects.filter(what=what)
    return found if of is None else found.filter(of=of)


def last_change(what: What, of: str) -> int:
    """What a form remembers of a thing, to notice that somebody else came first; 0 when it never changed."""
    return changes_of(what, of).values_list("pk", flat=True).first() or 0


def refuse_outdated(what: What, of: str, seen: int | None) -> None:
    """Refuse when somebody changed the thing after `seen`; None asks for nothing. Call it under the row's lock."""
    last = changes_of(what, of).first() if seen is not None else None
    if last is not None and last.pk != seen:
        message = _("%(who)s changed this while you had the page open. Check the values and save again.")
        raise ChangeRefused(message % {"who": last.by_name or _("An import")})


def keep(
    thing: models.Model,
    columns: Iterable[str],
    what: What,
    of: str = "",
    *,
    by: User | None,
    dealer: Dealer | None = None,
    seen: int | None = None,
    taken: str = "",
) -> AllocationChange | None:
    """Write a new or changed row with its record; the same again changes nothing (None).

    `of` is the row's primary key unless told. With `seen` (`last_change` as the editor read it) it refuses what
    somebody else changed since; what the database refuses as a second one of its kind is refused with `taken`.
    """
    columns = tuple(columns)
    try:
        with transaction.atomic():
            old: dict[str, Any] = {}
            if thing.pk is not None and not thing._state.adding:
                before = type(thing)._base_manager.select_for_update().get(pk=thing.pk)
                refuse_outdated(what, of or str(thing.pk), seen)
                old = plain(before, columns)
            new = plain(thing, columns)
            if old == new:
                return None
            thing.save(update_fields=columns if old else None, force_insert=not old)
            return record(what, of or str(thing.pk), old, new, by=by, dealer=dealer)
    except IntegrityError as why:
        raise ChangeRefused(taken or _("There is one like this already. Change that one instead.")) from why


def remove(
    thing: models.Model,
    columns: Iterable[str],
    what: What,
    of: str = "",
    *,
    by: User | None,
    dealer: Dealer | None = None,
) -> bool:
    """Take a row away and keep what it was. Whether it was still there."""
    with transaction.atomic():
        before = type(thing)._base_manager.select_for_update().filter(pk=thing.pk).order_by().first()
        if before is None:
            return False
        record(what, of or str(before.pk), plain(before, columns), {}, by=by, dealer=dealer)
        before.delete()
        return True
