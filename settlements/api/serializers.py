"""How money looks in JSON, and the bodies that move it."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.models import Organization
from accounts.product_types import ProductType
from kernel.api import StrictSerializer
from kernel.languages import LanguageMapSerializerField
from kernel.money import CURRENCY_CHOICES, MoneyField
from settlements.models import (
    Account,
    DealOrigin,
    Deposit,
    Entry,
    FeePayer,
    FeeSchedule,
    FeeWaiver,
    Payee,
    Payout,
    Settlement,
    SettlementLine,
)


class OwnerSerializer(serializers.ModelSerializer[Organization]):
    name = LanguageMapSerializerField()

    class Meta:
        model = Organization
        fields = ("id", "name")


class BalanceSerializer(serializers.ModelSerializer[Account]):
    venue = serializers.CharField(source="venue.code")
    organization = OwnerSerializer(allow_null=True)
    balance = MoneyField(source="holds", help_text=_("What the venue owes the owner; negative for the bank account."))

    class Meta:
        model = Account
        fields = ("id", "kind", "venue", "organization", "balance")


class EntrySerializer(serializers.ModelSerializer[Entry]):
    kind = serializers.CharField(source="transfer.kind")
    reference = serializers.CharField(source="transfer.reference")
    memo = serializers.CharField(source="transfer.memo")
    amount = MoneyField()
    balance_after = MoneyField(allow_null=True, help_text=_("null on a venue's own accounts, which are summed apart."))

    class Meta:
        model = Entry
        fields = ("id", "created_at", "transfer_id", "kind", "reference", "memo", "amount", "balance_after")


class StandingSerializer(serializers.Serializer[object]):
    venue = serializers.CharField()
    currency = serializers.ChoiceField(choices=CURRENCY_CHOICES)
    kind = serializers.ChoiceField(choices=Account.Kind.choices)
    amount = serializers.CharField(help_text=_("A signed decimal string."))


class TotalSerializer(serializers.Serializer[object]):
    currency = serializers.ChoiceField(choices=CURRENCY_CHOICES)
    amount = serializers.CharField(help_text=_("0.00, or the books are broken."))


class TrialBalanceSerializer(serializers.Serializer[object]):
    accounts = StandingSerializer(many=True)
    totals = TotalSerializer(many=True)


class DepositSerializer(serializers.ModelSerializer[Deposit]):
    venue = serializers.CharField(source="venue.code")
    organization = OwnerSerializer()
    amount = MoneyField()
    entered_by = serializers.UUIDField(source="entered_by_id")
    decided_by = serializers.UUIDField(source="decided_by_id", allow_null=True)

    class Meta:
        model = Deposit
        fields = (
            "id",
            "created_at",
            "venue",
            "organization",
            "amount",
            "bank_reference",
            "received_on",
            "state",
            "entered_by",
            "decided_by",
            "decided_at",
            "refusal",
        )


class EnterDepositSerializer(StrictSerializer):
    venue = serializers.CharField(max_length=20, help_text=_("The venue's code: gzdex, szdex."))
    organization_id = serializers.UUIDField(help_text=_("Whose money it is."))
    amount = MoneyField()
    bank_reference = serializers.CharField(max_length=64, help_text=_("As the bank's statement shows it."))
    received_on = serializers.DateField()


class PayoutSerializer(serializers.ModelSerializer[Payout]):
    venue = serializers.CharField(source="venue.code")
    organization = OwnerSerializer()
    amount = MoneyField()
    requested_by = serializers.UUIDField(source="requested_by_id")
    approved_by = serializers.UUIDField(source="approved_by_id", allow_null=True)

    class Meta:
        model = Payout
        fields = (
            "id",
            "created_at",
            "venue",
            "organization",
            "amount",
            "bank_account",
            "batch_id",
            "retry_of_id",
            "bank_reference",
            "state",
            "requested_by",
            "approved_by",
            "approved_at",
            "paid_at",
            "refusal",
            "bank_reason",
        )


class RequestPayoutSerializer(StrictSerializer):
    venue = serializers.CharField(max_length=20, help_text=_("The venue that holds the earnings."))
    amount = MoneyField()
    bank_account = serializers.CharField(
        max_length=34,
        required=False,
        allow_blank=True,
        help_text=_("Number of the organization's verified account. Blank: the one verified when it is approved."),
    )


class RetryPayoutSerializer(StrictSerializer):
    bank_account = serializers.CharField(
        max_length=34, required=False, allow_blank=True, help_text=_("Number of a verified account, if another one.")
    )


class ConfirmPaidSerializer(StrictSerializer):
    bank_reference = serializers.CharField(max_length=64, help_text=_("Under which the bank paid it."))


class SettlementLineSerializer(serializers.ModelSerializer[SettlementLine]):
    amount = MoneyField()
    organization_id = serializers.UUIDField(allow_null=True)
    waiver_id = serializers.UUIDField(allow_null=True)
    tax_rate_id = serializers.UUIDField(allow_null=True)

    class Meta:
        model = SettlementLine
        fields = (
            "payee",
            "payer",
            "organization_id",
            "rate_ppm",
            "amount",
            "schedule_id",
            "waiver_id",
            "tax",
            "taxed",
            "tax_rate_id",
        )


class SettlementSerializer(serializers.ModelSerializer[Settlement]):
    venue = serializers.CharField(source="venue.code")
    provider = OwnerSerializer()
    broker = OwnerSerializer(allow_null=True)
    gross = MoneyField()
    lines = SettlementLineSerializer(many=True)

    class Meta:
        model = Settlement
        fields = ("id", "created_at", "order_id", "venue", "provider", "broker", "gross", "lines")


class FeeScheduleSerializer(serializers.ModelSerializer[FeeSchedule]):
    venue = serializers.CharField(source="venue.code")
    minimum = MoneyField()
    cap = MoneyField(allow_null=True)

    class Meta:
        model = FeeSchedule
        fields = (
            "id",
            "venue",
            "payee",
            "payer",
            "currency",
            "product_type",
            "origin",
            "valid_from",
            "valid_until",
            "rate_ppm",
            "minimum",
            "cap",
            "source",
            "verified",
        )


class AnnounceFeeSerializer(StrictSerializer):
    venue = serializers.CharField(max_length=20)
    payee = serializers.ChoiceField(choices=Payee.choices, help_text=_("The venue, or a broker who takes part."))
    payer = serializers.ChoiceField(
        choices=FeePayer.choices, default=FeePayer.PROVIDER, help_text=_("Out of the price, or on top of it.")
    )
    product_type = serializers.ChoiceField(
        choices=ProductType.choices, required=False, allow_blank=True, help_text=_("Blank: any.")
    )
    origin = serializers.ChoiceField(
        choices=DealOrigin.choices, required=False, allow_blank=True, help_text=_("Blank: any.")
    )
    rate_ppm = serializers.IntegerField(min_value=0, max_value=1_000_000, help_text=_("25000 is 2.5 %."))
    minimum = MoneyField(help_text=_("Its currency is the schedule's."))
    cap = MoneyField(required=False, allow_null=True)
    valid_from = serializers.DateField(help_text=_("A coming day."))
    valid_until = serializers.DateField(
        required=False, allow_null=True, help_text=_("Its last day; none: until a later rate of its kind begins.")
    )
    # A field named like an attribute of Field: DRF takes declared fields off the class.
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=300, help_text=_("Where the rate was published or decided.")
    )


class FeeWaiverSerializer(serializers.ModelSerializer[FeeWaiver]):
    venue = serializers.CharField(source="venue.code")
    organization = OwnerSerializer(allow_null=True)

    class Meta:
        model = FeeWaiver
        fields = (
            "id",
            "venue",
            "organization",
            "product_type",
            "waived_ppm",
            "valid_from",
            "valid_until",
            "reason",
            "created_at",
        )


class GrantWaiverSerializer(StrictSerializer):
    venue = serializers.CharField(max_length=20)
    organization_id = serializers.UUIDField(required=False, help_text=_("Who would pay the fee; none: whoever does."))
    product_type = serializers.ChoiceField(
        choices=ProductType.choices, required=False, allow_blank=True, help_text=_("Blank: any.")
    )
    waived_ppm = serializers.IntegerField(min_value=1, max_value=1_000_000, help_text=_("1000000 is the whole fee."))
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(help_text=_("Its last day."))
    reason = serializers.CharField(max_length=300)
