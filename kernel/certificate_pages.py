"""The public page of a certificate: whether it stands, its digests, and a check of the file that somebody was given.

It tells nothing of what the certificate says: its file is shown by whoever holds it.
"""

import math
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from rest_framework.request import Request

from kernel.keys import trusted_keys
from kernel.models import Certificate
from kernel.throttling import AddressThrottle
from kernel.verification import LARGEST_FILE, verify_certificate


@require_http_methods(["GET", "HEAD", "POST"])
def certificate_page(request: HttpRequest, number: str) -> HttpResponse:
    """Show the page of a certificate by its number; with a file, say whether it is this certificate, unaltered."""
    certificate = get_object_or_404(Certificate, number=number)
    shown: dict[str, object] = {"certificate": certificate, "largest": LARGEST_FILE // 1024**2}
    if request.method != "POST":
        return TemplateResponse(request, "kernel/certificate.html", shown)
    throttle = AddressThrottle()
    if not throttle.allow_request(cast(Request, request), None):
        shown["refusal"] = _("Too many checks from this address. Try again in a minute.")
        seconds = str(math.ceil(throttle.wait()))
        return TemplateResponse(request, "kernel/certificate.html", shown, status=429, headers={"Retry-After": seconds})
    file = request.FILES.get("file")
    if file is None or (file.size or 0) > LARGEST_FILE:
        shown["refusal"] = _("Choose the certificate's file, of at most %d MB.") % (LARGEST_FILE // 1024**2)
        return TemplateResponse(request, "kernel/certificate.html", shown, status=400)
    verification = verify_certificate(file.read(), trusted_keys())
    shown |= {
        "checks": verification.checks,
        "is_valid": verification.passed and verification.statement["number"] == certificate.number,
        "is_another": verification.passed and verification.statement["number"] != certificate.number,
    }
    return TemplateResponse(request, "kernel/certificate.html", shown)


urlpatterns = [path("certificates/<str:number>", certificate_page, name="certificate-page")]
