from django.apps import AppConfig


class ErpBridgeOutboxConfig(AppConfig):
    name = "erp_bridge.outbox"
    label = "erp_bridge_outbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from erp_bridge.outbox.write import on_order_moved
        from fulfilment.signals import order_moved

        order_moved.connect(on_order_moved, dispatch_uid="erp_bridge.outbox")
