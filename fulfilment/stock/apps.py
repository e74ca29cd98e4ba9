from django.apps import AppConfig


class FulfilmentStockConfig(AppConfig):
    name = "fulfilment.stock"
    label = "fulfilment_stock"
    default_auto_field = "django.db.models.BigAutoField"
