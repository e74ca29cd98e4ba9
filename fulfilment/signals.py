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
