"""Documents of invented firms, as an issuer and their holder have them."""

import hashlib
import hmac
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Capacity, Organization
from listings.crossborder.trust.attesting import attest
from listings.crossborder.trust.nodes import set_node
from listings.crossborder.trust.verifying import Presented
from listings.models import Attestation, TrustNode
from tests.world import actor, make_member, person_of

REPORT = "企业信用报告（虚构）：广州示例贸易有限公司".encode() * 1000
SALT = bytes(range(32))
SALT_REF = hashlib.sha256(SALT).hexdigest()


def two_sides() -> tuple[TrustNode, TrustNode]:
    """Return the nodes of both sides, under their own names in one deployment."""
    return (
        set_node(name="shenzhen", label={"zh-Hans": "深圳节点", "en": "Shenzhen node"}),
        set_node(name="hongkong", label={"zh-Hant": "香港節點", "en": "Hong Kong node"}),
    )


def digest_of(document: bytes, salt: bytes = SALT) -> str:
    return hmac.new(salt, document, hashlib.sha256).hexdigest()


def presented(document: bytes = REPORT, salt: bytes = SALT) -> Presented:
    return Presented((digest_of(document, salt),), hashlib.sha256(salt).hexdigest())


def attested(node: str = "shenzhen", issuer: Organization | None = None, **fields: Any) -> Attestation:
    """Let an issuer attest the report, unless told otherwise."""
    issuer = issuer or make_member("szdex", Capacity.PROVIDER)
    told = {
        "document_type": "ENTERPRISE_CREDIT_REPORT",
        "algorithm": "SHA-256",
        "digest": digest_of(REPORT),
        "salt_ref": SALT_REF,
        "expires_at": timezone.now() + timedelta(days=90),
    }
    return attest(node=node, **(told | fields), actor=actor(person_of(issuer)))
