"""A buyer's call of an interface as Django has it; config/asgi.py serves the same without Django."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from marketplace.delivery.gateway import Asked, pass_on


@csrf_exempt
def gateway(request: HttpRequest, entitlement_id: UUID, path: str) -> HttpResponseBase:
    """Answer a call; raises what `pass_on` raises."""
    asked = Asked(
        entitlement_id=entitlement_id,
        method=request.method or "",
        path=path,
        query=request.META.get("QUERY_STRING", ""),
        headers={name.lower(): value for name, value in request.headers.items()},
        read=request.read,
    )
    try:
        reply = pass_on(asked)
    finally:
        request.actor = asked.actor  # type: ignore[attr-defined]
    if isinstance(reply.body, bytes):
        return HttpResponse(reply.body, status=reply.status, headers=reply.headers)
    return StreamingHttpResponse(reply.body, status=reply.status, headers=reply.headers)
