"""What is declared and found of corpora, as staff see it."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from kernel.console import ConsoleAdmin
from listings.corpora.licences import REASONS
from listings.models import CorpusSampling, LicenceChain


@admin.register(LicenceChain)
class LicenceChainAdmin(ConsoleAdmin):
    list_display = ("version", "organization", "offered", "compatible", "created_at")
    list_filter = ("compatible", "offered")
    list_select_related = ("version__dataset", "organization")
    search_fields = ("version__dataset__title", "organization__legal_name")
    ordering = ("-id",)
    fields = ("version", "organization", "offered", "compatible", "shown_sources", "shown_duties", "rule_set")
    readonly_fields = ("shown_sources", "shown_duties")

    @admin.display(description=_("sources"))
    def shown_sources(self, chain: LicenceChain) -> SafeString | str:
        """Say each source with its licence, and why it cannot be offered so."""
        lines = [
            (source["name"], source["licence"], str(REASONS[source["reason"]]) if source["reason"] else "")
            for source in chain.verdict["sources"]
        ]
        return format_html_join("", "<div>{} · {} <b>{}</b></div>", lines)

    @admin.display(description=_("duties"))
    def shown_duties(self, chain: LicenceChain) -> str:
        return ", ".join(chain.verdict["duties"]) or "–"


@admin.register(CorpusSampling)
class CorpusSamplingAdmin(ConsoleAdmin):
    list_display = ("version", "organization", "state", "size", "pass_share", "by_exchange", "created_at")
    list_filter = ("state", "by_exchange")
    list_select_related = ("version__dataset", "organization")
    search_fields = ("version__dataset__title", "organization__legal_name")
    ordering = ("-id",)
    fields = (
        "version",
        "organization",
        "state",
        "seed",
        "size",
        "population",
        "sheet",
        "pass_share",
        "reasons",
        "by_exchange",
        "judged_at",
        "sheet_sha256",
        "rule_set",
    )
    readonly_fields = ("sheet", "pass_share", "reasons")

    @admin.display(description=_("sheet to fill in"))
    def sheet(self, sampling: CorpusSampling) -> SafeString:
        address = reverse("corpus-sampling-sheet", args=[sampling.id])
        return format_html('<a href="{0}?form=xlsx">XLSX</a> · <a href="{0}?form=csv">CSV</a>', address)

    @admin.display(description=_("share that passed"))
    def pass_share(self, sampling: CorpusSampling) -> str:
        """Say the share with the interval of the whole, and what it is measured against."""
        if not sampling.result:
            return "–"
        low, high = sampling.result["interval"]
        share, least = sampling.result["pass_share"], sampling.result["least"]
        return f"{share:.1%} ({low:.1%} – {high:.1%}; ≥ {least:.0%})"

    @admin.display(description=_("reasons"))
    def reasons(self, sampling: CorpusSampling) -> str:
        found = (sampling.result or {}).get("reasons", {})
        return ", ".join(f"{reason}: {count}" for reason, count in found.items()) or "–"
