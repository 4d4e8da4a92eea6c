"""Whether the registrations of property that a product rests on stand: in force, undisputed, and for all its rights."""

from collections.abc import Iterator

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.problems import FieldError
from listings.models import ImportedCertificate, Product, PropertyRegistration, RegistrationAnnotation
from listings.registry.rules import rules_on

State = PropertyRegistration.State
HOLDING = (State.NOTARISED, State.CERTIFIED)


def register_errors(product: Product) -> Iterator[FieldError]:
    """Yield how a product's own registration, or one whose certificate it imported, does not stand any more.

    Registration is voluntary: a product that was never registered rests on nothing here.
    """
    own = product.registrations.filter(number__isnull=False).order_by("-notarised_at", "-id").first()
    if own is not None:
        yield from _errors(own, product)
    numbers = product.imported_certificates.standing().filter(kind=ImportedCertificate.Kind.DATA_PROPERTY)
    for imported in PropertyRegistration.objects.filter(number__in=numbers.values("number")).order_by("id"):
        if own is None or imported.pk != own.pk:
            yield from _errors(imported, product)


def products_in_question() -> Q:
    """Return the condition for listings whose product may rest on a registration that ended or is annotated."""
    suspending = [kind for kind, rule in rules_on(timezone.localdate()).annotations.items() if rule["suspends"]]
    annotated = RegistrationAnnotation.objects.standing().filter(kind__in=suspending)
    shaken: QuerySet[PropertyRegistration] = PropertyRegistration.objects.filter(
        Q(state__in=PropertyRegistration.ENDED)
        | Q(state=State.CHANGED, followed_by__kind=PropertyRegistration.Kind.TRANSFER)
        | Q(pk__in=annotated.values("registration"))
    )
    not_holding = PropertyRegistration.objects.filter(number__isnull=False).exclude(state__in=HOLDING)
    imported = ImportedCertificate.objects.standing().filter(
        Q(number__in=not_holding.values("number")) | Q(number__in=shaken.filter(number__isnull=False).values("number")),
        kind=ImportedCertificate.Kind.DATA_PROPERTY,
    )
    return Q(product__in=shaken.values("product")) | Q(product__in=imported.values("product"))


def _errors(registration: PropertyRegistration, product: Product) -> Iterator[FieldError]:
    told = {"number": registration.number, "state": registration.get_state_display()}
    if registration.state not in HOLDING:
        message = _("Registration %(number)s is not in force: %(state)s.") % told
        yield FieldError("/registration", "registration_ended", message)
        return
    rules = rules_on(timezone.localdate()).annotations
    for annotation in registration.annotations.standing().order_by("id"):
        if rules[annotation.kind]["suspends"]:
            message = _("Registration %(number)s is annotated: %(kind)s.")
            said = message % {"number": registration.number, "kind": annotation.get_kind_display()}
            yield FieldError("/registration", "registration_disputed", said)
    for index, right in enumerate(product.rights):
        if right not in registration.rights:
            message = _("Registration %(number)s does not give this right.") % told
            yield FieldError(f"/rights/{index}", "right_not_registered", message)
