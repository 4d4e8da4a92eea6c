"""The nodes: which of them this deployment runs, and by which keys the batches of the others are checked."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from kernel import audit
from kernel.actors import SYSTEM
from kernel.keys import PublicKey, read_public_key, trusted_keys
from kernel.problems import field_problem
from listings.models import TrustNode


@transaction.atomic
def set_node(*, name: str, label: Mapping[str, str], public_key: str = "") -> TrustNode:
    """Name a node of this deployment, or (with its public key, PEM) one of another; again, to replace the key.

    What was imported under the old key stays. Raises kernel.keys.UnusableKey for a text that is no Ed25519 public key.
    """
    key = read_public_key(public_key.encode(), name) if public_key else None
    values = {"label": dict(label), "is_local": key is None, "public_key": key.pem if key else ""}
    node, _made = TrustNode.objects.update_or_create(name=name, defaults=values)
    details = {"name": name, "is_local": node.is_local, "key_id": key.key_id if key else None}
    audit.record("trustnode.set", subject=node, actor=SYSTEM, details=details)
    return node


def local_node(name: str) -> TrustNode:
    """Return the node of that name; raises Problem `invalid` at `/node` unless this deployment runs it."""
    node: TrustNode | None = TrustNode.objects.filter(name=name, is_local=True).first()
    if node is None:
        raise field_problem("/node", "unknown", _("This exchange runs no node of that name."))
    return node


def locked_node(node: TrustNode) -> TrustNode:
    """Lock the node, whose log has one order; whoever writes to it takes this lock first."""
    locked: TrustNode = TrustNode.objects.select_for_update(no_key=True).get(pk=node.pk)
    return locked


def keys_of(node: TrustNode) -> Mapping[str, PublicKey]:
    """Return the keys by id under which the node's batches are believed."""
    if node.is_local:
        return trusted_keys()
    key = read_public_key(node.public_key.encode(), node.name)
    return {key.key_id: key}
