"""Keeping contracts, services, territories, margins, campaigns, online terms and terms: each write leaves its record.

Every `save_…` takes a row that was filled in, new or read before, writes it and answers the record's row, None where
nothing was different. With `seen` (`change.last_change` as the editor read it) it refuses what changed since.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from dealers.accounts.models import Outlet, User
from fulfilment.allocation.change import ChangeRefused, What, keep, plain, record, remove
from fulfilment.allocation.models import (
    AllocationChange,
    ConsumerCampaign,
    ConsumerContract,
    ConsumerTerms,
    OnlineTerms,
    OutletException,
    OutletService,
    ProtectedMargin,
    ProtectedTerritory,
)

Change = AllocationChange | None


def _columns(model: type[models.Model], *without: str) -> tuple[str, ...]:
    return tuple(field.name for field in model._meta.concrete_fields if field.name not in without)


CONTRACT = _columns(ConsumerContract, "dealer")
SERVICE = _columns(OutletService, "outlet")
TERRITORY = _columns(ProtectedTerritory, "id")
MARGIN = _columns(ProtectedMargin, "id")
CAMPAIGN = _columns(ConsumerCampaign, "id", "used")
ONLINE = _columns(OnlineTerms, "id")
TERMS = _columns(ConsumerTerms, "id", "made_by", "made_at")


def name_of(outlet: Outlet) -> str:
    """What the record calls an outlet; its dealer must have been read with it."""
    return f"{outlet.dealer.number}/{outlet.code}"[:100]


def save_contract(contract: ConsumerContract, *, by: User | None, seen: int | None = None) -> Change:
    """Write a dealer's contract for consumer orders."""
    dealer = contract.dealer
    return keep(contract, CONTRACT, What.CONTRACT, dealer.number, by=by, dealer=dealer, seen=seen)


def save_service(service: OutletService, *, by: User | None, seen: int | None = None) -> Change:
    """Write how an outlet fulfils consumer orders."""
    outlet = service.outlet
    return keep(service, SERVICE, What.SERVICE, name_of(outlet), by=by, dealer=outlet.dealer, seen=seen)


def save_day(
    service: OutletService, day: date, openings: Sequence[Sequence[int]], note: str, *, by: User | None
) -> Change:
    """Write an exceptional day of an outlet, in place of one that is there for the day."""
    outlet = service.outlet
    said = {"openings": [list(each) for each in openings], "note": note}
    with transaction.atomic():
        OutletService.objects.select_for_update().get(pk=service.pk)
        before = OutletException.objects.filter(service=service, day=day).first()
        old = plain(before, ("openings", "note")) if before else {}
        OutletException.objects.update_or_create(service=service, day=day, defaults=said)
        about = {"day": day.isoformat()}
        return record(What.SERVICE, name_of(outlet), old, said, by=by, dealer=outlet.dealer, about=about)


def remove_day(pk: int, *, by: User | None) -> bool:
    """Let a day be like every other of its weekday again. Whether it was there."""
    with transaction.atomic():
        found = OutletException.objects.select_related("service__outlet__dealer").filter(pk=pk).first()
        if found is None:
            return False
        outlet, old = found.service.outlet, plain(found, ("openings", "note"))
        about = {"day": found.day.isoformat()}
        record(What.SERVICE, name_of(outlet), old, {}, by=by, dealer=outlet.dealer, about=about)
        found.delete()
        return True


def save_territory(territory: ProtectedTerritory, *, by: User | None, seen: int | None = None) -> Change:
    """Write a protected territory. Refuses the same one of the same dealer for days that overlap."""
    with transaction.atomic():
        type(territory.dealer).objects.select_for_update().get(pk=territory.dealer_id)
        place = ("dealer_id", "protection", "area_code", "latitude", "longitude", "radius_km", "category_id")
        same = ProtectedTerritory.objects.filter(**{name: getattr(territory, name) for name in place})
        if territory.valid_from:
            same = same.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=territory.valid_from))
        if territory.valid_until:
            same = same.filter(Q(valid_from__isnull=True) | Q(valid_from__lte=territory.valid_until))
        if same.exclude(pk=territory.pk).exists():
            raise ChangeRefused(_("The dealer has this territory for these days already. Change that one instead."))
        return keep(territory, TERRITORY, What.TERRITORY, by=by, dealer=territory.dealer, seen=seen)


def end_territory(pk: int, today: date, *, by: User | None) -> bool:
    """Let a territory be protected no more from `today` on; one that has not begun goes. Whether it still held."""
    with transaction.atomic():
        found = ProtectedTerritory.objects.select_for_update(of=("self",)).select_related("dealer").get(pk=pk)
        yesterday = today - timedelta(days=1)
        if found.valid_until is not None and found.valid_until <= yesterday:
            return False
        if found.valid_from is not None and found.valid_from > yesterday:
            return remove(found, TERRITORY, What.TERRITORY, by=by, dealer=found.dealer)
        found.valid_until = yesterday
        keep(found, TERRITORY, What.TERRITORY, by=by, dealer=found.dealer)
        return True


def save_margin(margin: ProtectedMargin, *, by: User | None, seen: int | None = None) -> Change:
    """Write a protected margin. Refuses a second one for a tier and category."""
    taken = _("There is a protected margin for this tier and category already. Change that one instead.")
    return keep(margin, MARGIN, What.MARGIN, by=by, seen=seen, taken=taken)


def remove_margin(pk: int, *, by: User | None) -> bool:
    """Take a protected margin away; a farther one may hold then. Whether it was there."""
    found = ProtectedMargin.objects.filter(pk=pk).first()
    return found is not None and remove(found, MARGIN, What.MARGIN, by=by)


def save_campaign(campaign: ConsumerCampaign, *, by: User | None, seen: int | None = None) -> Change:
    """Write a campaign, all but what is used of it.

    Refuses a budget below what is used, another code, and another currency once something is used.
    """
    with transaction.atomic():
        before = ConsumerCampaign.objects.select_for_update().filter(pk=campaign.pk).first() if campaign.pk else None
        if before is not None:
            campaign.used = before.used
            if campaign.code != before.code:
                raise ChangeRefused(_("Orders name a campaign by its code, so it stays."), "code")
            if campaign.budget < before.used:
                message = _("%(used)s are used already; the budget cannot be less.")
                raise ChangeRefused(message % {"used": before.used}, "budget")
            if campaign.currency != before.currency and before.used:
                raise ChangeRefused(_("Something is used of the budget already, so the currency stays."), "currency")
        taken = _("There is a campaign with this code already.")
        return keep(campaign, CAMPAIGN, What.CAMPAIGN, campaign.code, by=by, seen=seen, taken=taken)


def save_online(online: OnlineTerms, *, by: User | None, seen: int | None = None) -> Change:
    """Write what binds the supplier's own channels for a product, in one currency."""
    taken = _("This product has online terms in this currency already. Change those instead.")
    return keep(online, ONLINE, What.ONLINE, by=by, seen=seen, taken=taken)


def remove_online(pk: int, *, by: User | None) -> bool:
    """Take a product's online terms away. Whether they were there."""
    found = OnlineTerms.objects.select_related("product").filter(pk=pk).first()
    return found is not None and remove(found, ONLINE, What.ONLINE, by=by)


def add_terms(terms: ConsumerTerms, *, now: datetime, by: User | None, seen: int | None = None) -> Change:
    """Add terms that hold from `valid_from` on; what was agreed before stays as it was. `seen` is the newest row's key.

    Refuses a moment that has passed. The record compares with what would hold then without them.
    """
    with transaction.atomic():
        newest = ConsumerTerms.objects.select_for_update().order_by("-pk").first()
        if seen is not None and (newest.pk if newest else 0) != seen:
            raise ChangeRefused(_("Somebody added terms while you had the page open. Check the values and save again."))
        if terms.valid_from < now:
            raise ChangeRefused(_("This moment has passed. Leave it empty for at once."), "valid_from")
        before = terms_at(terms.valid_from)
        old = plain(before, TERMS) if before else {}
        new = plain(terms, TERMS)
        if old and {**old, "valid_from": ""} == {**new, "valid_from": ""}:
            return None
        terms.made_by, terms.made_at = by, now
        terms.save(force_insert=True)
        return record(What.TERMS, str(terms.pk), old, new, by=by)


def terms_at(moment: datetime) -> ConsumerTerms | None:
    """The terms that hold at a moment: of those that have begun the newest."""
    return ConsumerTerms.objects.filter(valid_from__lte=moment).order_by("-valid_from", "-pk").first()
