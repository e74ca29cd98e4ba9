from django.apps import AppConfig


class FulfilmentOrderingConfig(AppConfig):
    name = "fulfilment.ordering"
    label = "fulfilment_ordering"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Budgets of promotions come back when orders end."""
        from fulfilment.ordering.promotions import connect

        connect()
