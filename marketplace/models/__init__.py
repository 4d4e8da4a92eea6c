"""Tables of the marketplace: orders, agreements, entitlements, deliveries and the grants to read."""

from marketplace.models.agreements import Agreement, Entitlement
from marketplace.models.deliveries import AccessGrant, Delivery
from marketplace.models.orders import Order

__all__ = ["AccessGrant", "Agreement", "Delivery", "Entitlement", "Order"]
