"""The one-time activation of a profile file: a page with a button, since whoever follows a link to look at it (a mail
scanner, a preview) must not use it up, and the file itself by POST."""

import json
from datetime import UTC
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from kernel.problems import Problem
from kernel.throttling import limited
from marketplace.delivery.recipients import ActivatedProfile, activate, waiting_activation
from marketplace.protocols.delta_sharing.views import in_protocol_form

PAGE = "marketplace/activate_profile.html"


@in_protocol_form
@limited
def activation(request: HttpRequest) -> HttpResponse:
    """Show what the link activates, or activate it and answer with the profile file. The secret is the permission."""
    secret = request.GET.get("link", "")
    match request.method:
        case "GET" | "HEAD":
            return _private(render(request, PAGE, {"profile": waiting_activation(secret)}))
        case "POST":
            found = activate(secret)
            body = json.dumps(profile_v1(found), indent=2)
            name = f"{found.token.recipient_id}.share"
            headers = {"Content-Disposition": f'attachment; filename="{name}"'}
            return _private(HttpResponse(body, content_type="application/json", headers=headers))
    raise Problem("method_not_allowed", headers={"Allow": "GET, HEAD, POST"})


def profile_v1(found: ActivatedProfile) -> dict[str, Any]:
    """Return the profile file of a recipient (PROTOCOL.md, "Profile file format")."""
    return {
        "shareCredentialsVersion": 1,
        "endpoint": endpoint(),
        "bearerToken": found.bearer,
        "expirationTime": found.token.expires_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }


def profile_v2(client_id: str) -> dict[str, Any]:
    """Return the profile file of an API client, but for the secret, which only its holder knows."""
    return {
        "shareCredentialsVersion": 2,
        "type": "oauth_client_credentials",
        "endpoint": endpoint(),
        "tokenEndpoint": settings.PUBLIC_URL + reverse("oauth2_provider:token"),
        "clientId": client_id,
        "clientSecret": "",
        "scope": "read-data",
    }


def activation_url(secret: str) -> str:
    """Return the address that is handed to the recipient."""
    return f"{settings.PUBLIC_URL}{reverse('delta-sharing-activation')}?link={secret}"


def endpoint() -> str:
    """Return the address that profile files name."""
    return settings.PUBLIC_URL + reverse("delta-sharing-shares").removesuffix("/shares")


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
