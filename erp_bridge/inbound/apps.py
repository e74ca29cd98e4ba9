from django.apps import AppConfig


class ErpBridgeInboundConfig(AppConfig):
    name = "erp_bridge.inbound"
    label = "erp_bridge_inbound"
    default_auto_field = "django.db.models.BigAutoField"
