"""Rates per API client or person; when the counter store is away, requests pass rather than fail.

A counter per minute (or second, hour, day) in Redis: one short command a request, however high the rate.
"""

import logging
import math
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from kernel.actors import NOBODY, Actor
from kernel.problems import Problem
from kernel.redis_client import redis_client

View = Callable[..., HttpResponseBase]

log = logging.getLogger(__name__)


class ClientThrottle(SimpleRateThrottle):
    """Count by client for those who are known, by network address for the rest; DRF reads the rates from settings."""

    scope = "client"

    def allow_request(self, request: Request, view: Any) -> bool:
        actor: Actor = getattr(request, "actor", NOBODY)
        if actor.id is None:
            self.num_requests, self.duration = self.parse_rate(self.THROTTLE_RATES["anonymous"])
        return self._is_within(str(actor.id or self.get_ident(request)))

    def _is_within(self, whom: str) -> bool:
        limit, seconds = self.num_requests or 0, self.duration or 1
        try:
            return _count(f"throttle:{whom}:{int(time.time() // seconds)}", seconds) <= limit
        except RedisError as error:
            log.warning("throttle store is away", extra={"error": str(error)})
            return True

    def wait(self) -> float:
        """Return the seconds until the next window begins."""
        seconds = self.duration or 1
        return seconds - time.time() % seconds


class AddressThrottle(ClientThrottle):
    """Count by network address, known or not, at the rate of verifications: for what anybody may ask of a secret."""

    scope = "verification"

    def allow_request(self, request: Request, view: Any) -> bool:
        return self._is_within(f"{self.scope}:{self.get_ident(request)}")


def limited(view: View) -> View:
    """Count the requests to a view outside DRF by network address, as those of strangers to the API are.

    Raises Problem `throttled` with the seconds left.
    """

    @wraps(view)
    def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        throttle = ClientThrottle()
        if not throttle.allow_request(cast(Request, request), None):
            raise Problem("throttled", headers={"Retry-After": str(math.ceil(throttle.wait()))})
        return view(request, *args, **kwargs)

    return counted


def _count(key: str, lifetime: int) -> int:
    count = int(redis_client().incr(key))
    if count == 1:
        redis_client().expire(key, lifetime)
    return count
