"""The console's pages of data customs: declarations with their findings, and permits."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act
from kernel.console_display import four_eyes
from listings.crossborder import customs
from listings.models import CustomsDeclaration, TransferPermit

State = CustomsDeclaration.State
P = Permission


class PermitInline(ReadOnlyInline):
    model = TransferPermit
    fields = ("recipient", "byte_ceiling", "bytes_used", "valid_from", "valid_until", "withdrawn_at")


@admin.register(CustomsDeclaration)
class CustomsDeclarationAdmin(ConsoleAdmin):
    list_display = ("number", "port", "organization", "recipient", "case", "low_risk", "state", "created_at")
    list_filter = ("state", "port", "venue", "low_risk")
    list_select_related = ("organization", "recipient", "case", "venue")
    search_fields = ("number", "case__number", "organization__legal_name", "payload_sha256")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("number", "state", "port", "organization", "recipient", "case", "venue", "delivery_id")}),
        (_("What is sent"), {"fields": ("payload_sha256", "payload_bytes", "manifest")}),
        (_("Checks"), {"fields": ("findings", "low_risk", "sampled_rows", "finding")}),
        (_("Four eyes"), {"fields": ("who_may_not", "release_proposed_by", "released_by")}),
    )
    readonly_fields = ("who_may_not",)
    inlines = (PermitInline,)
    actions_detail = ("show_sample", "propose", "release", "hold", "check_again", "give_back", "quarantine")

    @admin.display(description=_("who may not decide"))
    def who_may_not(self, declaration: CustomsDeclaration) -> str:
        return four_eyes([declaration.release_proposed_by])

    @act(_("Look at the rows"), permission=P.CUSTOMS_CHECK, states={State.CONTENT_SAMPLING, State.HELD})
    def show_sample(self, request: HttpRequest, declaration: CustomsDeclaration, actor: Actor, _reason: str) -> None:
        sample = customs.read_sample(declaration_id=declaration.pk, actor=actor)
        self.message_user(request, format_html("<pre>{}</pre>", sample))

    @act(_("Propose the release"), permission=P.CUSTOMS_CHECK, states={State.CONTENT_SAMPLING}, asks_reason=True)
    def propose(self, request: HttpRequest, declaration: CustomsDeclaration, actor: Actor, reason: str) -> None:
        customs.propose_release(declaration_id=declaration.pk, reason=reason, actor=actor)

    @act(_("Release"), permission=P.CUSTOMS_CHECK, states={State.CONTENT_SAMPLING}, asks_reason=True)
    def release(self, request: HttpRequest, declaration: CustomsDeclaration, actor: Actor, reason: str) -> None:
        customs.release_declaration(declaration_id=declaration.pk, reason=reason, actor=actor)

    @act(
        _("Hold"),
        permission=P.CUSTOMS_CHECK,
        states={State.DOC_CHECK, State.CONTENT_SAMPLING, State.RELEASED},
        asks_reason=True,
    )
    def hold(self, request: HttpRequest, declaration: CustomsDeclaration, actor: Actor, reason: str) -> None:
        customs.hold_declaration(declaration_id=declaration.pk, reason=reason, actor=actor)

    @act(_("Check again"), permission=P.CUSTOMS_CHECK, states={State.HELD})
    def check_again(self, request: HttpRequest, declaration: CustomsDeclaration, actor: Actor, _reason: str) -> None:
        customs.check_again(declaration_id=declaration.pk, actor=actor)

    @act(
        _("Return to the exporter"),
        permission=P.CUSTOMS_CHECK,
        states={State.DOC_CHECK, State.CONTENT_SAMPLING, State.HELD},
        asks_reason=True,
    )
    def give_back(self, request: HttpRequest, declaration: CustomsDeclaration, actor: Actor, reason: str) -> None:
        customs.return_declaration(declaration_id=declaration.pk, reason=reason, actor=actor)

    @act(
        _("Quarantine"),
        permission=P.CUSTOMS_CHECK,
        states={State.DOC_CHECK, State.CONTENT_SAMPLING, State.HELD},
        asks_reason=True,
        danger=True,
    )
    def quarantine(self, request: HttpRequest, declaration: CustomsDeclaration, actor: Actor, reason: str) -> None:
        customs.quarantine_declaration(declaration_id=declaration.pk, reason=reason, actor=actor)


@admin.register(TransferPermit)
class TransferPermitAdmin(ConsoleAdmin):
    list_display = ("declaration", "recipient", "bytes_used", "byte_ceiling", "valid_until", "withdrawn_at")
    list_filter = (("withdrawn_at", admin.EmptyFieldListFilter),)
    list_select_related = ("declaration", "recipient")
    search_fields = ("declaration__number", "payload_sha256")
    ordering = ("-id",)
