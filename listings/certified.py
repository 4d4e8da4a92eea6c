"""What a dossier may rest on: the certificates of other registries that stand, and the day when they end."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.problems import FieldError
from listings.models import ImportedCertificate, Product, SourceKind

RENEWAL_MONTHS = 6  # 国数综政策〔2026〕35号: a certificate may be renewed from six months before its end


def certificate_errors(product: Product, *, for_approval: bool = False) -> Iterator[FieldError]:
    """Yield what the certificates of a product keep from being registered or submitted, or (stricter) approved."""
    standing = list(product.imported_certificates.standing().order_by("id"))
    good = {certificate.kind for certificate in standing if not certificate.expired}
    if product.source_kind == SourceKind.PUBLIC_DATA and ImportedCertificate.Kind.PUBLIC_DATA not in good:
        message = _("Public data are registered as a public-data resource first; import its code.")
        yield FieldError("/certificates", "public_data_code_missing", message)
    for certificate in standing:
        told = {"number": certificate.number}
        if certificate.expired:
            if certificate.kind not in good:
                message = _("The certificate %(number)s has expired.")
                yield FieldError("/certificates", "certificate_expired", message % told)
            continue
        if for_approval and certificate.state == ImportedCertificate.State.SUBMITTED:
            message = _("The certificate %(number)s has not been verified yet.")
            yield FieldError("/certificates", "certificate_not_verified", message % told)
        for index, right in enumerate(product.rights):
            if certificate.rights and right not in certificate.rights:
                message = _("The certificate %(number)s does not give this right.")
                yield FieldError(f"/rights/{index}", "right_not_certified", message % told)


def renewal_is_open(certificate: ImportedCertificate) -> bool:
    """Tell whether the end is near: from six months before the last day on, up to that day."""
    if certificate.valid_until is None or certificate.expired:
        return False
    return months_before(certificate.valid_until, RENEWAL_MONTHS) <= timezone.localdate()


def months_before(day: date, months: int) -> date:
    """Return the same day some months earlier (negative: later), or the last day of a month that lacks it."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
