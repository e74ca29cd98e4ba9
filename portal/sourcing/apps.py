from django.apps import AppConfig


class PortalSourcingConfig(AppConfig):
    name = "portal.sourcing"
    label = "portal_sourcing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fulfilment.signals import consumer_order_moved
        from portal.sourcing.wake import on_order_moved

        consumer_order_moved.connect(on_order_moved, dispatch_uid="portal.sourcing")
