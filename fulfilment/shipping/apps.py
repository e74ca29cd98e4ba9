from django.apps import AppConfig


class FulfilmentShippingConfig(AppConfig):
    name = "fulfilment.shipping"
    label = "fulfilment_shipping"
    default_auto_field = "django.db.models.BigAutoField"
