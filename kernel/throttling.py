"""Rates per API client or person; when the counter store is away, requests pass rather than fail."""

import logging
from typing import TYPE_CHECKING

from django.views import View
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from kernel.actors import NOBODY, Actor

if TYPE_CHECKING:  # DRF's views import this module
    from rest_framework.views import APIView

log = logging.getLogger(__name__)


class ClientThrottle(SimpleRateThrottle):
    """Count by client for those who are known, by network address for the rest."""

    scope = "client"

    def allow_request(self, request: Request, view: "APIView | View") -> bool:
        try:
            return super().allow_request(request, view)  # type: ignore[arg-type]
        except RedisError as error:
            log.warning("throttle store is away", extra={"error": str(error)})
            return True

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        actor: Actor = getattr(request, "actor", NOBODY)
        if actor.id is None:
            self.rate = self.THROTTLE_RATES["anonymous"]
            self.num_requests, self.duration = self.parse_rate(self.rate)
        return self.cache_format % {"scope": self.scope, "ident": actor.id or self.get_ident(request)}
