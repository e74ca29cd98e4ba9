from django.apps import AppConfig


class ErpBridgeOutboxConfig(AppConfig):
    name = "erp_bridge.outbox"
    label = "erp_bridge_outbox"
    default_auto_field = "django.db.models.BigAutoField"
