"""How fulfilment speaks upward. Receivers run inside the transaction of the fact: one that fails undoes it."""

from django.dispatch import Signal

#: An order was placed or moved. Arguments: `order` (DealerOrder), `step` (OrderStep).
order_moved = Signal()

#: Goods left for a dealer. Arguments: `shipment` (Shipment).
shipment_recorded = Signal()

#: A consumer order was received, moved or changed. Arguments: `order` (ConsumerOrder), `step` (ConsumerStep).
consumer_order_moved = Signal()

#: Outlets promised more than they have, newly or by more. Arguments: `shortfalls` (list of `ShortStock`).
stock_short = Signal()

#: A channel is about to change a consumer order, or to end it (`ends`): what hangs on its lines lets go, or refuses by
#: raising `ConsumerConflict`. Arguments: `order` (locked), `by`, `ends`.
consumer_order_changing = Signal()

#: An offer was sent or moved. Arguments: `offer` (Offer), `step` (OfferStep).
offer_moved = Signal()

#: What a dealer accepted moved: packed, sent, completed, cancelled, settled. Arguments: `allocation` (Allocation),
#: `step` (OfferStep), `lines` (the AllocationLines it is about).
allocation_moved = Signal()

#: A dealer's request to leave what it accepted was answered. Arguments: `request` (UnclaimRequest).
unclaim_decided = Signal()

#: Units that were sent came back. Arguments: `line` (AllocationLine, as it is now), `before` (how many units had been
#: returned, and how many of them by the dealer's fault), `resellable`, `by`.
units_returned = Signal()

#: The supplier's own warehouse has sent lines. Arguments: `order` (ConsumerOrder), `lines` (LeftLines), `by`.
warehouse_lines_sent = Signal()
