"""Which of the things that a product rests on have ended."""

from collections.abc import Iterator

from kernel.problems import FieldError
from listings.certified import certificate_errors
from listings.lineage import lineage_errors
from listings.models import Product
from listings.registry.standing import register_errors
from listings.rights_matrix import standing_errors

ENDED = frozenset(
    {
        "right_ended",
        "certificate_expired",
        "public_data_code_missing",
        "parent_licence_ended",
        "registration_ended",
        "registration_disputed",
        "right_not_registered",
    }
)


def lapses_of(product: Product) -> Iterator[FieldError]:
    """Yield what a product rests on and has ended."""
    for error in (
        *standing_errors(product),
        *certificate_errors(product),
        *lineage_errors(product),
        *register_errors(product),
    ):
        if error.code in ENDED:
            yield error
