from django.apps import AppConfig


class FulfilmentHandoverConfig(AppConfig):
    name = "fulfilment.handover"
    label = "fulfilment_handover"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fulfilment.handover import pickup
        from fulfilment.signals import allocation_moved

        allocation_moved.connect(pickup.on_allocation_moved, dispatch_uid="fulfilment.handover")
