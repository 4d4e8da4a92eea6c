"""Government-guided prices in tests: a ceiling entered, and one that another person has confirmed."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import Role
from kernel.actors import Actor
from kernel.money import Currency
from listings.models import PriceCeiling
from listings.price_ceilings import Basis, confirm_ceiling, enter_ceiling
from tests.world import actor, make_person, operator_of, staff, venue

BASIS = Basis("关于省级公共数据运营服务费标准的通知", "粤发改价格〔2026〕1号", "广东省发展和改革委员会")


def entered_ceiling(most: str = "100.00", **changes: Any) -> PriceCeiling:
    """Enter a ceiling of what an order costs, from today on."""
    given = {
        "venue": venue(),
        "product_type": None,
        "industry": "",
        "unit": None,
        "most": Decimal(most),
        "currency": Currency.CNY,
        "valid_from": timezone.localdate() - timedelta(days=1),
        "valid_until": None,
        "basis": BASIS,
        "actor": actor(staff("gzdex", Role.VENUE_ADMIN)),
    }
    return enter_ceiling(**(given | changes))


def guided(most: str = "100.00", **changes: Any) -> PriceCeiling:
    """Enter a ceiling and let another person confirm it."""
    row = entered_ceiling(most, **changes)
    return confirm_ceiling(ceiling_id=row.pk, actor=another_head())


def another_head() -> Actor:
    """Return a second administrator of the venue."""
    return actor(make_person(operator_of("gzdex"), Role.VENUE_ADMIN))
