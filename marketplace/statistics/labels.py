"""What the codes of a cell are called, in the reader's language."""

from django.utils.translation import gettext as _

from accounts.places import divisions
from accounts.product_types import ProductType
from kernel.languages import in_language
from listings.industries import industries
from listings.models.vocabulary import SourceKind


def label(dimension: str, value: str) -> str:
    """Return the name of a dimension's value; an empty one is the total."""
    if not value:
        return _("all")
    match dimension:
        case "industry":
            names = {each.section: each.section_name for each in industries().values()}
            return in_language(names[value]) if value in names else value
        case "product_type":
            return str(dict(ProductType.choices).get(value, value))
        case "source_kind":
            return str(dict(SourceKind.choices).get(value, value))
        case "region":
            return divisions().get(value, value)
        case "flow":
            return _flows().get(value, value)
        case _:
            return value


def _flows() -> dict[str, str]:
    return {
        "DOMESTIC": _("domestic"),
        "OUTBOUND": _("outbound"),
        "INBOUND": _("inbound"),
        "TRANSIT": _("transit"),
    }
