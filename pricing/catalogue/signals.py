"""How the catalogue speaks upward. Receivers run inside the transaction of the change: one that fails undoes it."""

from django.dispatch import Signal

#: Products were made or changed in bulk. Arguments: `product_ids` (list of int), parents and variants alike.
catalogue_changed = Signal()
