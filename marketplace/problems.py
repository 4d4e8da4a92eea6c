"""Refusals of the marketplace, each named once."""

from django.utils.translation import gettext_lazy as _

from kernel.problems import register

register(
    {
        "buyer_not_eligible": (403, _("The provider offers this product only to buyers of other regions.")),
        "own_product": (409, _("An organization cannot buy its own product.")),
        "broker_not_independent": (409, _("The broker must be another organization than the buyer and the provider.")),
        "dispute_open": (409, _("The order has a dispute that has not ended.")),
        "own_offer": (409, _("The other side answers your offer.")),
        "too_late": (409, _("The time for this is over.")),
        "too_many": (409, _("There are too many already.")),
        "own_demand": (409, _("An organization cannot answer its own demand.")),
        "demand_closed": (409, _("The demand takes and awards no proposals any more.")),
        "demand_has_order": (409, _("What was awarded has been ordered.")),
        "proposal_exists": (409, _("Your organization has answered this demand; withdraw that proposal first.")),
        "proposal_expired": (409, _("The proposal is no longer valid.")),
        "price_changed": (409, _("The plan now costs more than was proposed.")),
        "listing_wanted": (409, _("The proposal's maker has not offered a listing yet.")),
        "entitlement_not_active": (403, _("The right to read this data is not in force.")),
        "not_delivered_as_files": (409, _("The agreement does not give whole files; read its shared tables.")),
        "query_not_allowed": (400, _("The clean room does not take this query.")),
        "privacy_budget_exhausted": (409, _("The privacy budget that is left does not suffice for this query.")),
        "matching_not_offered": (409, _("The room has no column with which identifiers may be intersected.")),
        "result_not_released": (409, _("The result of this query has not been released.")),
        "push_target_exists": (409, _("Your organization has a push target of this name.")),
        "grant_expired": (403, _("This download address has expired; ask for a new one.")),
        "pushed_already": (409, _("This delivery has been sent to this target; try that push again.")),
        "not_delivered_by_calls": (409, _("The product is not delivered by calls of an interface.")),
        "no_upstream": (409, _("The provider has not said where calls of this interface go.")),
        "length_required": (411, _("The gateway passes on bodies whose length is said ahead (Content-Length).")),
        "rate_exceeded": (429, _("Calls come faster than was agreed.")),
        "quota_exhausted": (429, _("What was agreed for this month is used up.")),
        "upstream_redirects": (502, _("The provider's interface answers with a redirect; redirects are not followed.")),
        "upstream_too_large": (502, _("The provider's interface answers with more than it may.")),
        "upstream_broke_off": (502, _("The provider's interface broke the call off.")),
        "upstream_unreachable": (502, _("The provider's interface cannot be reached.")),
        "upstream_resting": (503, _("The provider's interface failed several times in a row and is left alone now.")),
        "upstream_too_slow": (504, _("The provider's interface did not answer in time.")),
        "edition_under_way": (409, _("An edition of that quarter waits to be published or discarded.")),
        "range_not_satisfiable": (416, _("The file has no such byte range.")),
    },
    constraints={
        "one_open_dispute_by_order": "dispute_open",
        "one_living_proposal_by_demand_and_organization": "proposal_exists",
        "push_target_has_its_name": "push_target_exists",
        "a_delivery_is_pushed_once_to_a_target": "pushed_already",
        "usage_is_counted_once_by_nonce": "nonce_reused",
        "a_call_is_made_once_by_nonce": "nonce_reused",
    },
)
