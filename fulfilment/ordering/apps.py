from django.apps import AppConfig


class FulfilmentOrderingConfig(AppConfig):
    name = "fulfilment.ordering"
    label = "fulfilment_ordering"
    default_auto_field = "django.db.models.BigAutoField"
