from django.apps import AppConfig


class FulfilmentSettlementConfig(AppConfig):
    name = "fulfilment.settlement"
    label = "fulfilment_settlement"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fulfilment import signals
        from fulfilment.settlement import receivers

        signals.allocation_moved.connect(receivers.on_allocation_moved, dispatch_uid=self.label)
        signals.units_returned.connect(receivers.on_units_returned, dispatch_uid=self.label)
        signals.warehouse_lines_sent.connect(receivers.on_warehouse_lines_sent, dispatch_uid=self.label)
