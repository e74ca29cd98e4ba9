from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save


class PricingSellingConfig(AppConfig):
    name = "pricing.selling"
    label = "pricing_selling"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Rules that were written are read anew by this process at once; others read them with their next request."""
        from pricing.selling.inforce import forget_on_write

        for signal in (post_save, post_delete):
            signal.connect(forget_on_write, dispatch_uid="pricing_selling_forget")
