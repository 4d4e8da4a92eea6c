"""The one Redis client of a process, for counters and marks that may be lost at any time."""

from functools import cache

from django.conf import settings
from redis import Redis

PATIENCE = 1  # seconds that anybody waits for Redis


@cache
def redis_client() -> Redis:
    """Return the client; its calls raise redis.exceptions.RedisError when Redis is away."""
    return Redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
