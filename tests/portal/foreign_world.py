"""Everything that is Bergen's and nobody else's, and the URLs that name it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile

from dealers.accounts.models import Membership
from dealers.ledger.models import AccountDocument
from erp_bridge.inbound.models import InboundDocument, InboundKind, InboundState
from erp_bridge.outbox.models import OutboxMessage
from fulfilment.allocation.models import (
    ConsumerContract,
    OutletException,
    OutletService,
    ProtectedTerritory,
    ProtectionKind,
)
from fulfilment.consumer.models import Channel
from fulfilment.handover.models import ConsumerParcel, PickupOverride
from fulfilment.ordering.cart import add_to_cart
from fulfilment.ordering.carts import create_cart, share_cart
from fulfilment.ordering.models import DealerCart, DealerOrder, SavedList
from fulfilment.ordering.saved import save_cart_as_list
from fulfilment.settlement.settling import settle_due
from fulfilment.shipping.models import Shipment
from fulfilment.shipping.record import ShipmentData, ShippedLine, record_shipment
from fulfilment.stock.feed_tokens import issue
from fulfilment.stock.models import OutletStock
from portal.exports.models import ExportState, PriceListExport
from pricing.catalogue.models import ProductFile
from pricing.numbers.models import DealerItemNumber
from pricing.promotions.models import Promotion, PromotionScope
from pricing.selling.models import AssortmentRule, FreightRule, OrderMinimum, QuantityRule
from pricing.surcharges.models import Surcharge, SurchargeRule
from pricing.terms.exceptions import request_exception
from pricing.terms.models import Price, PriceException, PriceList
from tests import factories
from tests.dealers.ledger_samples import invoice
from tests.erp_bridge.orders import approved, message_of, placed
from tests.factories import World
from tests.fulfilment.allocation_world import AllocationWorld, Shop, live_rules, make_terms, of, place_order
from tests.fulfilment.consumer_samples import make_channel
from tests.fulfilment.outlet_samples import make_stock
from tests.fulfilment.settlement_samples import at_price, complete, hand_to, send_all

#: What a dealer does with one consumer order.
CONSUMER_PAGES = ["offer", "accept", "decline", "pack", "send", "delivered", "slip", "return", "leave", "no_code"]
SECRET_SKU, SECRET_PRICE, SECRET_PO = "WOK-SECRET", "77.77", "BERGEN-PO-7"


@dataclass
class Secrets:
    """Bergen's orders, goods, prices and papers."""

    waiting: DealerOrder
    sent: DealerOrder
    shipment: Shipment
    invoice: AccountDocument
    message: OutboxMessage
    inbound: InboundDocument
    place: Membership
    wok: Any
    exception: PriceException
    rules: list[dict[str, Any]]
    cart: DealerCart
    saved: SavedList
    promotion: Promotion


def make_secrets(world: World) -> Secrets:
    """Bergen with a product and a price of its own, an order in review, one shipped, an invoice and its messages."""
    wok = factories.make_product(SECRET_SKU, "Secret wok")
    paper = ContentFile(b"%PDF-1.7 ", "secret.pdf")
    ProductFile.objects.create(product=wok, name="secret.pdf", title="Secret", size=9, file=paper)
    own = PriceList.objects.create(
        code="BERGEN", name="Agreement Bergen", currency="EUR", kind="agreement", owner_dealer=world.bergen
    )
    factories.set_price(own, wok, SECRET_PRICE)
    factories.set_price(own, world.pan, "11.11")
    book = ContentFile(b"PK", "secret.xlsx")
    PriceListExport.objects.create(
        price_list=own, asked_by=world.sam, state=ExportState.DONE, file=book, file_name="prices-BERGEN.xlsx"
    )
    world.bergen.price_lists.all().update(priority=2)
    factories.give_list(world.bergen, own, 1)
    waiting = placed(world, {wok: 3}, by=world.bob, po_number=SECRET_PO)
    sent = approved(world, {world.pan: 2, wok: 1}, by=world.bob, po_number=SECRET_PO)
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    data = ShipmentData("S-BERGEN", sent.number, moment, [ShippedLine(1, 1)], tracking_number="TRACK-BERGEN")
    shipment = record_shipment(data)
    billed = invoice("I-BERGEN", world.bergen, SECRET_PRICE, order_numbers=(sent.number,))
    inbound = InboundDocument.objects.create(
        file_name="bergen.xml",
        mark="1",
        sha256="0" * 64,
        kind=InboundKind.INVOICE,
        document_id="I-BERGEN-2",
        order_numbers=[sent.number],
        state=InboundState.SET_ASIDE,
        content=b"<Invoice/>",
    )
    place = Membership.objects.get(user=world.bob)
    DealerItemNumber.objects.create(dealer=world.bergen, product=wok, number="BERGEN-OWN-77")
    make_channel()
    make_stock(world.bergen.outlets.get(), wok, 7_777)
    rules = [
        {"kind": "assortment", "pk": AssortmentRule.objects.create(effect="allow", dealer=world.bergen).pk},
        {"kind": "quantity", "pk": QuantityRule.objects.create(maximum=77_777, dealer=world.bergen).pk},
        {"kind": "minimum", "pk": OrderMinimum.objects.create(amount=1, currency="EUR", dealer=world.bergen).pk},
        {"kind": "freight", "pk": FreightRule.objects.create(charge=1, currency="EUR", dealer=world.bergen).pk},
    ]
    one_off = _one_off(world, wok)
    cart = create_cart(world.bob, world.bergen, f"Cart of {SECRET_PO}")
    add_to_cart(cart, {wok.pk: 1})
    saved = save_cart_as_list(cart, world.bob, f"List of {SECRET_PO}", shared=True)
    share_cart(cart, True)
    offer = Promotion.objects.create(code="BERGEN-ONLY", name="Bergen week", kind="percent", percent=1, everything=True)
    PromotionScope.objects.create(promotion=offer, dealer=world.bergen)
    own = Surcharge.objects.create(code="BERGEN-FEE", name="Bergen fee")
    SurchargeRule.objects.create(surcharge=own, kind="percent", percent=1, dealer=world.bergen)
    ConsumerContract.objects.create(dealer=world.bergen)
    service = OutletService.objects.create(outlet=world.bergen.outlets.get())
    OutletException.objects.create(service=service, day=date(2030, 1, 1))
    ProtectedTerritory.objects.create(dealer=world.bergen, protection=ProtectionKind.EXCLUSIVE, area_code="77777")
    _sell_to_a_consumer(world)
    message = message_of(sent)
    return Secrets(
        waiting, sent, shipment, billed, message, inbound, place, wok, one_off, rules, cart, saved, promotion=offer
    )


def _sell_to_a_consumer(world: World) -> None:
    """Bergen sends an order of the channel, and its money is on its account."""
    shop = Shop(world.bergen, world.bergen.outlets.get(), world.bob)
    channel = Channel.objects.get()
    shops = AllocationWorld(channel, [shop], {}, make_terms(), live_rules({}), world.ada)
    order = place_order(shops, "BERGEN-W-7", of(SECRET_SKU, paid=SECRET_PRICE))
    complete(send_all(hand_to(shops, order, {SECRET_SKU: at_price(77_77, landed_cost=7_77)})))
    settle_due(date(2030, 1, 1))
    sold = world.bergen.allocations.get()
    PickupOverride.objects.create(allocation=sold, reason="Lost", asked_by=world.bob)
    ConsumerParcel.objects.create(allocation=sold, carrier="DHL", by=world.bob)


def _one_off(world: World, wok: Any) -> PriceException:
    day = date(2030, 1, 1)
    return request_exception(
        world.bergen, wok, Decimal("66.66"), valid_from=day, valid_to=day, reason="Fair", by=world.sam
    )


def foreign_parameters(world: World, secrets: Secrets) -> dict[str, list[dict[str, Any]]]:
    """For each route with parameters, the ways to name something of Bergen's; none where nothing is a dealer's."""
    orders = [{"number": secrets.waiting.number}, {"number": secrets.sent.number}]
    dealer = {"number": world.bergen.number}
    place = dealer | {"pk": secrets.place.pk}
    mixed = {"number": world.alpine.number, "pk": secrets.place.pk}
    sold = [{"pk": allocation.pk} for allocation in world.bergen.allocations.all()]
    document, message, inbound = {"pk": secrets.invoice.pk}, {"pk": secrets.message.pk}, {"pk": secrets.inbound.pk}
    one_off, own = {"pk": secrets.exception.pk}, {"code": "BERGEN"}
    prices = [{"pk": price.pk} for price in Price.objects.filter(price_list__code="BERGEN")]
    exports = [{"pk": export.pk} for export in PriceListExport.objects.filter(price_list__code="BERGEN")]
    offer = {"pk": secrets.promotion.pk}
    outlets = [{"pk": outlet.pk} for outlet in world.bergen.outlets.all()]
    days = [{"pk": day.pk} for day in OutletException.objects.filter(service__outlet__dealer=world.bergen)]
    protected = [{"pk": territory.pk} for territory in world.bergen.protected_territories.all()]
    levied = [{"pk": rule.pk} for rule in SurchargeRule.objects.filter(dealer=world.bergen)]
    return {
        "media": [],
        "shop:category": [],
        "shop:product": [{"slug": SECRET_SKU.lower(), "sku": SECRET_SKU}, {"slug": "x", "sku": SECRET_SKU}],
        "shop:product_file": [{"pk": file.pk} for file in ProductFile.objects.filter(product=secrets.wok)],
        "shop:order": orders,
        "shop:confirmation": orders,
        "shop:order_excel": orders,
        "shop:order_pdf": orders,
        "shop:order_cancel": orders,
        "shop:reorder": orders,
        "shop:cart_act": [{"pk": secrets.cart.pk}],
        "shop:list": [{"pk": secrets.saved.pk}],
        "shop:list_order": [{"pk": secrets.saved.pk}],
        "shop:receipt": [{"number": secrets.sent.number, "pk": secrets.shipment.pk}],
        "shop:document": [document],
        "shop:settlement": sold,
        **{f"shop:consumer_{page}": sold for page in CONSUMER_PAGES},
        "shop:consumer_parcel": [{"pk": each.pk} for each in ConsumerParcel.objects.all()],
        "shop:consumer_override": [{"pk": each.pk} for each in PickupOverride.objects.all()],
        "shop:stock_feed_revoke": [{"pk": issue(world.bergen, "Till", by=world.ada)[0].pk}],
        "shop:outlet_stock_row": [{"pk": OutletStock.objects.get(outlet__dealer=world.bergen).pk}],
        "shop:item_number": [{"pk": world.bergen.item_numbers.get().pk}],
        "shop:member": [{"pk": secrets.place.pk}],
        "console:order": orders,
        "console:order_excel": orders,
        "console:order_pdf": orders,
        "console:order_approve": orders,
        "console:order_reject": orders,
        "console:order_cancel": orders,
        "console:dealer": [dealer],
        "console:dealer_terms": [dealer],
        "console:dealer_member_add": [dealer],
        "console:dealer_member_invite": [place, mixed],
        "console:dealer_member_end": [place, mixed],
        "console:price_list": [own],
        "console:price_list_edit": [own],
        "console:price_list_end": [own],
        "console:price_list_dealers": [own],
        "console:price_list_give": [own],
        "console:price_list_take": [own],
        "console:dealer_lists": [dealer],
        "console:price_list_export": [own],
        "console:price_list_csv": [own],
        "console:price_list_exports": [own],
        "console:price_list_export_start": [own],
        "console:price_export_progress": exports,
        "console:price_export_stop": exports,
        "console:price_export_file": exports,
        "console:price_add": [own],
        "console:price_edit": prices,
        "console:price_end": prices,
        "console:import_confirm": [],
        "console:selling": [],
        "console:selling_add": [],
        "console:selling_export": [],
        "console:selling_rule": secrets.rules,
        "console:selling_remove": secrets.rules,
        "console:promotion": [offer],
        "console:promotion_end": [offer],
        "console:surcharge": levied,
        "console:surcharge_end": levied,
        "console:group": [],
        "console:formula": [],
        "console:exception": [one_off],
        "console:exception_approve": [one_off],
        "console:exception_refuse": [one_off],
        "console:exception_end": [one_off],
        "console:statement": [dealer],
        "console:statement_excel": [dealer],
        "console:statement_pdf": [dealer],
        "console:document": [document],
        "console:settlement": sold,
        "console:payout": [dealer],
        "console:import_template": [],
        "console:import_job": [],
        "console:import_map": [],
        "console:import_progress": [],
        "console:import_refused": [],
        "console:message": [message],
        "console:message_xml": [message],
        "console:message_replay": [message],
        "console:message_send_again": [message],
        "console:message_park": [message],
        "console:inbound_message": [inbound],
        "console:inbound_content": [inbound],
        "console:inbound_apply": [inbound],
        "console:inbound_dismiss": [inbound],
        "console:product_file_remove": [],
        "console:person_invite": [],
        # Consumer orders are no dealer's before they are offered; a channel's own walls stand in test_api_*.
        "api_webhook": [],
        **{f"console:consumer_{page}": [] for page in ("order", "place", "cancel", "exception")},
        **{f"console:consumer_exception_{verb}": [] for verb in ("again", "sku", "dismiss")},
        # The desk is the supplier's own: no dealer's people and no rep come to it.
        **{f"console:consumer_{act}": [] for act in ("assign", "lines", "withdraw", "unclaim", "decision")},
        "console:consumer_pickup_code": [],
        **{f"console:desk_job{page}": [] for page in ("", "_progress", "_stop", "_export")},
        **{f"console:simulation{page}": [] for page in ("", "_progress", "_stop", "_export")},
        "console:dealer_sourcing": [dealer],
        "console:outlet_service": outlets,
        "console:outlet_day": outlets,
        "console:outlet_day_remove": days,
        "console:territory": protected,
        "console:territory_end": protected,
        **{f"console:{kept}": [] for kept in ("margin", "margin_remove", "campaign")},
        **{f"console:online_term{verb}": [] for verb in ("", "_remove")},
        # Sourcing rules are the supplier's own; who is named in them stands in their words, not their addresses.
        **{f"console:sourcing_set{verb}": [] for verb in ("", "_publish", "_discard")},
        **{f"console:sourcing_rule{verb}": [] for verb in ("", "_add", "_move", "_remove")},
        **{f"console:channel{page}": [] for page in ("", "_token", "_token_revoke", "_secret", "_secret_end")},
        "console:person_close": [],
    }
