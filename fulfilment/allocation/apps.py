from django.apps import AppConfig


class FulfilmentAllocationConfig(AppConfig):
    name = "fulfilment.allocation"
    label = "fulfilment_allocation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fulfilment.allocation import withdraw
        from fulfilment.signals import consumer_order_changing

        consumer_order_changing.connect(withdraw.on_order_changing, dispatch_uid="fulfilment.allocation")
