"""Refuse to start a production that would run on development's defaults."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

SHORTEST_SECRET = 40  # characters


def unsafe_settings(settings: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with these settings for production, a sentence each; the names are environment variables."""
    secret = str(settings["SECRET_KEY"])
    faults = {
        "DEBUG must be off": settings["DEBUG"],
        "SECRET_KEY must be your own": secret == settings["DEVELOPMENT_SECRET"],
        f"SECRET_KEY must have {SHORTEST_SECRET} characters or more": len(secret) < SHORTEST_SECRET,
        "ALLOWED_HOSTS must name your hosts": not settings["ALLOWED_HOSTS"] or "*" in settings["ALLOWED_HOSTS"],
        "PUBLIC_URL must begin with https://": not str(settings["PUBLIC_URL"]).startswith("https://"),
        "DATABASE_URL must name a server (the embedded one trusts everybody)": settings["USES_EMBEDDED_DATABASE"],
        "REDIS_URL must name a server": settings["USES_EMBEDDED_REDIS"],
        "STORAGE_KEYS must hold your own keys": not settings["STORAGE_KEYS"],
        "METRICS_TOKEN must be set": not settings["METRICS_TOKEN"],
        "EMBEDDINGS_URL must begin with https:// (a key goes there)": bool(settings["EMBEDDINGS_KEY"])
        and not str(settings["EMBEDDINGS_URL"]).startswith("https://"),
    }
    return [sentence for sentence, is_fault in faults.items() if is_fault]


def refuse_unsafe_production(settings: Mapping[str, Any]) -> None:
    """Raise ImproperlyConfigured with every fault at once if PRODUCTION is on and something is unsafe."""
    if settings["PRODUCTION"] and (faults := unsafe_settings(settings)):
        raise ImproperlyConfigured("This production would be unsafe: " + "; ".join(faults) + ".")
