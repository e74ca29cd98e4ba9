"""Taking in dealers' contracts for consumer orders and their outlets' services from files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dealers.accounts.models import Dealer, Outlet
from dealers.intake.columns import Choice, Whole, YesNo
from dealers.intake.rows import Parsed, Problem
from fulfilment.allocation.areas import known_areas
from fulfilment.allocation.change import What
from fulfilment.allocation.keeping import CONTRACT, SERVICE, name_of
from fulfilment.allocation.kept_intake import (
    FROM,
    UNTIL,
    Area,
    Hours,
    KeptIntake,
    Known,
    TimeZone,
    Zones,
    money_column,
    no_area,
    no_dealer,
    percent_column,
)
from fulfilment.allocation.models import ConsumerContract, OutletService, SellingModel
from fulfilment.stock.outlet_intake import DEALER, OUTLET

t = gettext_lazy

SMALL, LARGE = 32_767, 2_147_483_647
SELLERS = {
    "dealer_sells": SellingModel.DEALER_SELLS, "dealer": SellingModel.DEALER_SELLS, "经销商": SellingModel.DEALER_SELLS,
    "supplier_sells": SellingModel.SUPPLIER_SELLS, "supplier": SellingModel.SUPPLIER_SELLS,
    "供应商": SellingModel.SUPPLIER_SELLS,
}  # fmt: skip
WEEK = (
    ("monday", t("Monday"), ("mon", "周一", "星期一")),
    ("tuesday", t("Tuesday"), ("tue", "周二", "星期二")),
    ("wednesday", t("Wednesday"), ("wed", "周三", "星期三")),
    ("thursday", t("Thursday"), ("thu", "周四", "星期四")),
    ("friday", t("Friday"), ("fri", "周五", "星期五")),
    ("saturday", t("Saturday"), ("sat", "周六", "星期六")),
    ("sunday", t("Sunday"), ("sun", "周日", "星期日", "星期天")),
)


class ContractsIntake(KeptIntake):
    """Dealers' contracts for consumer orders, one a dealer."""

    name = "consumer_contracts"
    key = ("dealer",)
    model, what, fields = ConsumerContract, What.CONTRACT, CONTRACT
    columns = (
        DEALER,
        YesNo("is_active", t("Takes consumer orders"), also=("active", "启用", "是否启用"), example="yes"),
        FROM, UNTIL,
        YesNo("credit_hold", t("On credit hold"), also=("hold", "冻结", "信用冻结"), example="no"),
        Whole("tier", t("Tier"), minimum=0, maximum=SMALL, also=("level", "等级"), example="1"),
        percent_column("entitlement", t("Entitlement, %"), "share", "配额", "应得份额"),
        Choice("model", t("Seller"), words=SELLERS, also=("seller", "销售方"), example="dealer_sells"),
        percent_column("rebate", t("Rebate per unit, %"), "返利"),
        percent_column("inbound_freight", t("Inbound freight, %"), "inbound freight", "进货运费"),
        YesNo("auto_accept", t("Accepts without being asked"), also=("auto accept", "自动接单"), example="no"),
    )  # fmt: skip

    def known(self, rows: Sequence[Parsed]) -> Known:
        """Dealers and their contracts. Two statements."""
        numbers = {row.given["dealer"] for row in rows}
        dealers = {dealer.number: dealer for dealer in Dealer.objects.filter(number__in=numbers)}
        contracts = ConsumerContract.objects.select_for_update().filter(dealer__in=dealers.values()).order_by("pk")
        return Known(dealers, {contract.dealer_id: contract for contract in contracts})

    def thing(self, row: Parsed, known: Known) -> ConsumerContract | Problem:
        """The dealer's contract."""
        dealer = known.named.get(row.given["dealer"])
        if dealer is None:
            return no_dealer(row)
        contract: ConsumerContract = known.stored.get(dealer.pk) or ConsumerContract(dealer=dealer)
        contract.dealer = dealer
        return contract

    def of(self, thing: ConsumerContract) -> str:
        """The dealer's number."""
        return thing.dealer.number

    def dealer(self, thing: ConsumerContract) -> Dealer:
        """The dealer."""
        return thing.dealer


class ServicesIntake(KeptIntake):
    """How outlets fulfil consumer orders, one a row. A new one is open all the time where the file has no hours."""

    name = "outlet_services"
    key = ("dealer", "outlet")
    model, what, fields = OutletService, What.SERVICE, SERVICE
    columns = (
        DEALER, OUTLET,
        YesNo("is_active", t("Fulfils consumer orders"), also=("active", "启用", "是否启用"), example="yes"),
        YesNo("delivers", t("Delivery"), also=("delivery", "配送", "送货"), example="yes"),
        YesNo("hands_over", t("Pickup"), also=("pickup", "自提"), example="no"),
        YesNo("takes_away", t("Take-away"), also=("take-away", "take away", "带走"), example="no"),
        Area("area_code", t("Area code"), also=("area", "postcode", "区域代码", "邮编"), example="440305"),
        TimeZone("time_zone", t("Time zone"), also=("timezone", "时区"), example="Asia/Shanghai"),
        *(Hours(name, label, also=also, example="09:00–12:30, 14:00–18:00") for name, label, also in WEEK),
        Whole("daily_capacity", t("Parcels a day"), minimum=0, maximum=LARGE, also=("capacity", "每日上限")),
        money_column("freight_fixed", t("Freight of a parcel"), "freight", "运费"),
        money_column("freight_per_100_km", t("Freight per 100 km"), "每百公里运费"),
        Zones("freight_zones", t("Freight by area"), also=("zones", "分区运费"), example="44: 12.50; 4501: 9.00"),
        Whole("reach_km", t("Delivers as far as, km"), minimum=0, maximum=LARGE, also=("reach", "配送范围")),
        Whole("handling_minutes", t("Business minutes until a parcel leaves"), minimum=0, maximum=LARGE,
              also=("handling", "备货分钟")),
        Whole("transit_minutes", t("Minutes on the way"), minimum=0, maximum=LARGE, also=("transit", "在途分钟")),
        Whole("transit_minutes_per_100_km", t("Minutes on the way per 100 km"), minimum=0, maximum=LARGE,
              also=("每百公里分钟",)),
    )  # fmt: skip

    def known(self, rows: Sequence[Parsed]) -> Known:
        """Outlets, their services, and areas. Three statements."""
        numbers, codes = {row.given["dealer"] for row in rows}, {row.given["outlet"] for row in rows}
        outlets = Outlet.objects.filter(dealer__number__in=numbers, code__in=codes).select_related("dealer")
        named = {(outlet.dealer.number, outlet.code): outlet for outlet in outlets}
        stored = OutletService.objects.select_for_update().filter(outlet__in=named.values()).order_by("pk")
        areas = known_areas(row.get("area_code", "") for row in rows)
        return Known(named, {service.outlet_id: service for service in stored}, areas)

    def thing(self, row: Parsed, known: Known) -> OutletService | Problem:
        """The outlet's service."""
        outlet = known.named.get((row.given["dealer"], row.given["outlet"]))
        if outlet is None:
            words = {"dealer": row.given["dealer"], "outlet": row.given["outlet"]}
            message = _("Dealer %(dealer)s has no outlet %(outlet)s. Import it first, or correct the code.")
            return Problem(row.number, "outlet", message % words)
        area = row.get("area_code", "")
        if area and area not in known.areas:
            return no_area(row, area)
        service: OutletService = known.stored.get(outlet.pk) or OutletService(outlet=outlet)
        service.outlet = outlet
        return service

    def values(self, row: Parsed, thing: OutletService, known: Known) -> dict[str, Any]:
        """The week's days join those that are stored."""
        values = super().values(row, thing, known)
        days = {place: row.given[name] for place, (name, *_rest) in enumerate(WEEK) if name in row.given}
        if days:
            values["week"] = [days.get(place, stored) for place, stored in enumerate(thing.week)]
        if "freight_zones" in values:
            values["freight_zones"] = values["freight_zones"] or {}
        return values

    def wrong(self, row: Parsed, values: Mapping[str, Any]) -> Problem | None:
        """An outlet that fulfils does so in some way, at some time."""
        if values["is_active"] and not (values["delivers"] or values["hands_over"] or values["takes_away"]):
            message = _("Choose a way in which it fulfils, or close it for consumer orders.")
            return Problem(row.number, "delivers", message)
        if values["is_active"] and not any(values["week"]):
            return Problem(row.number, "monday", _("It is never open. Write the hours of one day at least."))
        return None

    def of(self, thing: OutletService) -> str:
        """Dealer and outlet."""
        return name_of(thing.outlet)

    def dealer(self, thing: OutletService) -> Dealer:
        """The outlet's dealer."""
        return thing.outlet.dealer
