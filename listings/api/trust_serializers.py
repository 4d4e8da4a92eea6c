"""How attestations and verifications look in JSON."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from kernel.api import StrictSerializer
from kernel.languages import LanguageMapSerializerField
from listings.crossborder.trust.verifying import Result
from listings.models import Attestation, VerificationRequest


def _hex(length: int, help_text: Any) -> serializers.RegexField:
    return serializers.RegexField(rf"^[0-9a-f]{{{length}}}\Z", help_text=help_text)


def _digest() -> serializers.RegexField:
    return _hex(64, _("HMAC of the file under the salt, in 64 lower-case hexadecimal digits."))


def _salt_ref() -> serializers.RegexField:
    return _hex(64, _("SHA-256 of the salt's 32 bytes, in hexadecimal."))


def _reference() -> serializers.RegexField:
    return _hex(32, _("The reference that came with the document."))


def _node() -> serializers.SlugField:
    return serializers.SlugField(max_length=40, help_text=_("The node whose log is asked."))


class AttestSerializer(StrictSerializer):
    node = _node()
    document_type = serializers.CharField(max_length=40)
    algorithm = serializers.ChoiceField(choices=Attestation.Algorithm.choices)
    digest = _digest()
    salt_ref = _salt_ref()
    expires_at = serializers.DateTimeField()


class RevokeAttestationSerializer(StrictSerializer):
    reason = serializers.CharField(max_length=40, help_text=_("A reason of the list of document types."))
    note = serializers.CharField(max_length=2000, required=False, help_text=_("Stays here; crosses no border."))


class AttestationSerializer(serializers.ModelSerializer[Attestation]):
    node = serializers.CharField(source="node.name")

    class Meta:
        model = Attestation
        fields = (
            "id",
            "reference",
            "node",
            "document_type",
            "algorithm",
            "digest",
            "salt_ref",
            "state",
            "expires_at",
            "revoked_at",
            "revoked_because",
            "created_at",
        )
        read_only_fields = fields


class VerifySerializer(StrictSerializer):
    node = _node()
    reference = _reference()
    digest = _digest()
    salt_ref = _salt_ref()


class VerifyFileSerializer(StrictSerializer):
    """The query of a file's verification; the salt is in a header, so that no log of addresses keeps it."""

    node = _node()
    reference = _reference()


class VerificationAnswerSerializer(serializers.Serializer[Any]):
    """Always all members; who attested, and until when, is told only to whom presents the document's own digest."""

    result = serializers.ChoiceField(choices=[str(each) for each in Result])
    node = serializers.CharField()
    checked_at = serializers.DateTimeField()
    document_type = serializers.CharField(allow_null=True)
    issuer = serializers.CharField(allow_null=True)
    issued_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    held_by = serializers.ListField(child=serializers.CharField(), help_text=_("Nodes whose logs hold the line."))
    both_logs = serializers.BooleanField(help_text=_("Whether the logs of both sides hold it."))


class DocumentTypeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    label = LanguageMapSerializerField()  # type: ignore[assignment]  # a field of that name, not its own label
    consent = serializers.BooleanField(help_text=_("Whether the holder authorises each verification."))
    longest_days = serializers.IntegerField()


class RevocationReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    label = LanguageMapSerializerField()  # type: ignore[assignment]  # a field of that name, not its own label


class DocumentTypesSerializer(serializers.Serializer[Any]):
    edition = serializers.CharField()
    types = DocumentTypeSerializer(many=True)
    reasons = RevocationReasonSerializer(many=True)
    nodes = serializers.ListField(child=serializers.CharField(), help_text=_("The nodes that this exchange runs."))


class RequestVerificationSerializer(StrictSerializer):
    node = _node()
    document_type = serializers.CharField(max_length=40)
    purpose = serializers.CharField(max_length=400, help_text=_("Shown to the holder, and kept."))


class VerificationRequestSerializer(serializers.ModelSerializer[VerificationRequest]):
    node = serializers.CharField(source="node.name")

    class Meta:
        model = VerificationRequest
        fields: tuple[str, ...] = (
            "id",
            "node",
            "document_type",
            "purpose",
            "state",
            "reference",
            "consented_at",
            "consent_until",
            "presented_digest",
            "answer",
            "created_at",
        )
        read_only_fields = fields


class NewVerificationRequestSerializer(VerificationRequestSerializer):
    code = serializers.CharField(help_text=_("For the holder; shown this once."))

    class Meta(VerificationRequestSerializer.Meta):
        fields = (*VerificationRequestSerializer.Meta.fields, "code")
        read_only_fields = fields


class AuthoriseSerializer(StrictSerializer):
    code = serializers.CharField(max_length=64)
    reference = _reference()
    salt = _hex(64, _("The salt that came with the document, in hexadecimal."))
    days = serializers.IntegerField(min_value=1, max_value=30)


class HoldersViewSerializer(serializers.Serializer[Any]):
    """What the holder is shown: who verifies, what for, and until when."""

    verifier = serializers.CharField(source="organization.legal_name")
    document_type = serializers.CharField()
    purpose = serializers.CharField()
    state = serializers.ChoiceField(choices=VerificationRequest.State.choices)
    consent_until = serializers.DateTimeField(allow_null=True)


class CodeSerializer(StrictSerializer):
    code = serializers.CharField(max_length=64)


class SubmitVerificationSerializer(StrictSerializer):
    digest = _digest()
    salt_ref = _salt_ref()
