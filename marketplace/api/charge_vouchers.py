"""The voucher of a right's charges over HTTP: seen, named and dropped by the buyer."""

from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import StrictSerializer, actor_of, body_of, represent
from marketplace import charge_vouchers
from marketplace.models import ChargeVoucher, Entitlement


class NameVoucherSerializer(StrictSerializer):
    voucher_id = serializers.UUIDField(help_text=_("A voucher of the buyer's that is in force."))


class ChargeVoucherSerializer(serializers.ModelSerializer[ChargeVoucher]):
    voucher_id = serializers.UUIDField(source="grant_id")
    voucher = serializers.CharField(source="grant.number")
    programme = serializers.CharField(source="grant.programme.number")

    class Meta:
        model = ChargeVoucher
        fields = ("entitlement_id", "voucher_id", "voucher", "programme")
        read_only_fields = fields


class EntitlementVoucher(APIView):
    """The voucher that pays a part of what is charged under a right."""

    @extend_schema(operation_id="entitlements_voucher", responses=ChargeVoucherSerializer)
    def get(self, request: Request, entitlement_id: UUID) -> Response:
        rows = ChargeVoucher.objects.visible_to(actor_of(request)).select_related("grant__programme")
        return Response(represent(ChargeVoucherSerializer, get_object_or_404(rows, entitlement=entitlement_id)))

    @extend_schema(
        operation_id="entitlements_name_voucher", request=NameVoucherSerializer, responses=ChargeVoucherSerializer
    )
    def put(self, request: Request, entitlement_id: UUID) -> Response:
        get_object_or_404(Entitlement.objects.visible_to(actor_of(request)), pk=entitlement_id)
        voucher_id = body_of(NameVoucherSerializer, request)["voucher_id"]
        charge_vouchers.name_voucher(entitlement_id=entitlement_id, voucher_id=voucher_id, actor=actor_of(request))
        return self.get(request, entitlement_id)

    @extend_schema(operation_id="entitlements_drop_voucher", request=None, responses={204: None})
    def delete(self, request: Request, entitlement_id: UUID) -> Response:
        charge_vouchers.drop_voucher(entitlement_id=entitlement_id, actor=actor_of(request))
        return Response(status=204)
