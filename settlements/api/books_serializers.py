"""How periods, frozen balances and corrections look in JSON, and the bodies that make them."""

from datetime import UTC
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kernel.api import StrictSerializer
from kernel.money import Currency, Money, MoneyField, format_amount, parse_amount
from settlements.api.serializers import OwnerSerializer
from settlements.models import Account, AccountingPeriod, Correction, PeriodBalance


class PeriodTotalSerializer(serializers.Serializer[dict[str, Any]]):
    currency = serializers.CharField()
    kind = serializers.ChoiceField(choices=Account.Kind.choices)
    amount = serializers.CharField()


class AccountingPeriodSerializer(serializers.ModelSerializer[AccountingPeriod]):
    venue = serializers.CharField(source="venue.code")
    proposed_by = serializers.UUIDField(source="proposed_by_id", allow_null=True)
    closed_by = serializers.UUIDField(source="closed_by_id", allow_null=True)
    trial_balance = serializers.SerializerMethodField()

    class Meta:
        model = AccountingPeriod
        fields = (
            "id",
            "venue",
            "length",
            "first_day",
            "last_day",
            "ends_at",
            "state",
            "proposed_by",
            "closed_by",
            "closed_at",
            "entries",
            "trial_balance",
            "sha256",
        )

    @extend_schema_field(PeriodTotalSerializer(many=True, allow_null=True))
    def get_trial_balance(self, period: AccountingPeriod) -> list[dict[str, str]] | None:
        rows = period.trial_balance
        if rows is None:
            return None
        return [
            {"currency": row["currency"], "kind": row["kind"], "amount": format_amount(row["minor"])} for row in rows
        ]


class OpenPeriodSerializer(StrictSerializer):
    venue = serializers.CharField(max_length=20, help_text=_("The venue's code: gzdex, szdex."))
    length = serializers.ChoiceField(choices=AccountingPeriod.Length.choices)
    first_day = serializers.DateField(help_text=_("What was posted before it belongs to the first period too."))


class PeriodBalanceSerializer(serializers.ModelSerializer[PeriodBalance]):
    venue = serializers.CharField(source="venue.code")
    kind = serializers.CharField(source="account.kind")
    organization = OwnerSerializer(source="account.organization", allow_null=True)
    balance = MoneyField()

    class Meta:
        model = PeriodBalance
        fields = ("id", "period_id", "account_id", "venue", "kind", "organization", "ends_at", "entries", "balance")


@extend_schema_field({"type": "string", "pattern": r"^-?\d{1,13}(\.\d{1,2})?$", "examples": ["-12.00"]})
class SignedAmountField(serializers.Field[int, Any, str, int]):
    """An amount in an account's own currency; a positive one adds to what the venue owes the account's owner."""

    default_error_messages = {"amount": _("Give the amount as a decimal string of at most two places.")}

    def to_internal_value(self, data: Any) -> int:
        text = data if isinstance(data, str) else ""
        try:
            minor = parse_amount(text.removeprefix("-"))
        except ValueError:
            self.fail("amount")
        return -minor if text.startswith("-") else minor

    def to_representation(self, value: int) -> str:
        return format_amount(value)


class LegSerializer(StrictSerializer):
    account_id = serializers.UUIDField()
    amount = SignedAmountField()


class ProposeLedgerCorrectionSerializer(StrictSerializer):
    transfer_id = serializers.UUIDField(help_text=_("The transfer that was wrong."))
    reason = serializers.CharField(max_length=2000)
    legs = LegSerializer(
        many=True, required=False, help_text=_("The entries that set it right; none: those that take it back whole.")
    )


class LedgerCorrectionSerializer(serializers.ModelSerializer[Correction]):
    venue = serializers.CharField(source="venue.code")
    reference = serializers.CharField(source="transfer.reference")
    legs = serializers.SerializerMethodField()
    proposed_by = serializers.UUIDField(source="proposed_by_id")
    decided_by = serializers.UUIDField(source="decided_by_id", allow_null=True)

    class Meta:
        model = Correction
        fields = (
            "id",
            "created_at",
            "venue",
            "transfer_id",
            "reference",
            "reverses",
            "legs",
            "reason",
            "state",
            "proposed_by",
            "decided_by",
            "decided_at",
            "posted_id",
            "refusal",
        )

    @extend_schema_field(LegSerializer(many=True))
    def get_legs(self, correction: Correction) -> list[dict[str, str]]:
        return [{"account_id": account, "amount": format_amount(minor)} for account, minor in correction.legs]


class BalanceAtSerializer(serializers.Serializer[dict[str, Any]]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Account.Kind.choices)
    venue = serializers.CharField()
    organization = OwnerSerializer(allow_null=True)
    currency = serializers.ChoiceField(choices=[(each.value, each.value) for each in Currency])
    # In UTC: of the centuries before standard time Shanghai's offset has seconds, which RFC 3339 cannot write.
    at = serializers.DateTimeField(default_timezone=UTC)
    balance = MoneyField()


def balance_at_json(account: Account, at: Any, held: Money) -> dict[str, Any]:
    """Return what `BalanceAtSerializer` shows."""
    return {
        "id": account.id,
        "kind": account.kind,
        "venue": account.venue.code,
        "organization": account.organization,
        "currency": account.currency,
        "at": at,
        "balance": held,
    }
