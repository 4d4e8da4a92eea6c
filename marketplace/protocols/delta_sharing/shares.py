"""What a reader may read: a share for each product, one schema in it, and the tables of the versions it has rights to.

A table's versions are the numbers of the dataset's versions; those without a right in force do not exist for the
reader, and of two rights to one version the later one counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.problems import Problem
from listings.models import Product
from marketplace.models import Entitlement, SharedTable
from marketplace.protocols.delta_sharing.reading import Reader

SCHEMA = "default"


@dataclass(frozen=True)
class Version:
    """A table as of one dataset version, and the right by which it may be read."""

    number: int
    sealed_at: datetime
    table: SharedTable
    entitlement: Entitlement


@dataclass(frozen=True)
class Table:
    """A table of a share, with its readable versions in rising order, at least one."""

    share: str
    product: Product
    name: str
    versions: tuple[Version, ...]

    @property
    def newest(self) -> Version:
        return self.versions[-1]

    def at(self, *, number: int | None, moment: datetime | None) -> Version:
        """Return the version of that number, or the one in force at that moment; the newest without either.

        Raises Problem `invalid` where there is none.
        """
        if number is not None:
            found = [version for version in self.versions if version.number == number]
        elif moment is not None:
            found = [version for version in self.versions if version.sealed_at <= moment][-1:]
        else:
            found = [self.newest]
        if not found:
            raise Problem("invalid", _("You have no right to such a version of the table."))
        return found[0]

    def from_moment(self, moment: datetime) -> Version:
        """Return the first version that is not older than the moment; raises Problem `invalid` if all are."""
        for version in self.versions:
            if version.sealed_at >= moment:
                return version
        raise Problem("invalid", _("No version of the table is that new."))


def shares_of(reader: Reader) -> dict[str, Product]:
    """Return the products of which the reader may read a table, by the name of their share, in order."""
    products = Product.objects.filter(listings__in=_rights(reader).values("agreement__order__listing")).distinct()
    return {share_name(product): product for product in products.order_by("number")}


def tables_of(reader: Reader, products: Iterable[Product]) -> list[Table]:
    """Return the readable tables of products in the order of their names."""
    wanted = {product.pk: product for product in products}
    rights = _rights(reader).filter(agreement__order__listing__product__in=wanted)
    links = (
        SharedTable.entitlements.through.objects.filter(entitlement__in=rights)
        .select_related("sharedtable__version", "entitlement__agreement__order__listing")
        .defer("sharedtable__version__profile", "sharedtable__version__schema_changes")
        .order_by("entitlement_id")
    )
    found: dict[tuple[str, str], dict[int, Version]] = {}
    by_share: dict[str, Product] = {}
    for link in links:
        table, entitlement = link.sharedtable, link.entitlement
        product = wanted[entitlement.agreement.order.listing.product_id]
        share = share_name(product)
        by_share[share] = product
        sealed_at = table.version.sealed_at or table.version.created_at
        version = Version(table.version.number, sealed_at, table, entitlement)
        found.setdefault((share, table.name), {})[version.number] = version
    return [
        Table(share, by_share[share], name, tuple(versions[number] for number in sorted(versions)))
        for (share, name), versions in sorted(found.items())
    ]


def share_of(reader: Reader, share: str) -> Product:
    """Return the product behind a share, whatever its case.

    Raises Problem `entitlement_not_active` where the reader had a right that is not in force, `not_found` otherwise.
    """
    shares: Mapping[str, Product] = shares_of(reader)
    product = shares.get(share.lower())
    if product is not None:
        return product
    held = _tables_bought(reader).filter(agreement__order__listing__product__number__iexact=share).order_by("-id")
    if lost := held.first():
        raise Problem("entitlement_not_active", state=lost.state)
    raise Problem("not_found")


def table_of(reader: Reader, share: str, schema: str, name: str) -> Table:
    """Return a table by its names, whatever their case; raises what `share_of` raises, or `not_found`."""
    product = share_of(reader, share)
    require_schema(schema)
    for table in tables_of(reader, [product]):
        if table.name == name.lower():
            return table
    raise Problem("not_found")


def require_schema(schema: str) -> None:
    """Raise Problem `not_found` unless it is the one schema that a share has."""
    if schema.lower() != SCHEMA:
        raise Problem("not_found")


def share_name(product: Product) -> str:
    """Return the name of a product's share: its number, since names are plain and titles are not."""
    return str(product.number).lower()


def _tables_bought(reader: Reader) -> QuerySet[Entitlement]:
    return Entitlement.objects.filter(organization=reader.organization_id, tables__isnull=False)


def _rights(reader: Reader) -> QuerySet[Entitlement]:
    in_force = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
    return _tables_bought(reader).filter(in_force, state=Entitlement.State.ACTIVE)
