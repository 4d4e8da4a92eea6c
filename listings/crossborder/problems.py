"""The problem codes of crossing the border, and the constraints that turn into one of them."""

from django.utils.translation import gettext_lazy as _

from kernel.problems import register

register(
    {
        "destination_not_allowed": (403, _("The provider does not offer this product at the buyer's destination.")),
        "cross_border_forbidden": (403, _("These data may not cross this border.")),
        "no_rules_in_force": (409, _("No rule set is in force on this day.")),
        "route_not_offered": (409, _("The decision does not leave this route to choose.")),
        "route_not_cleared": (409, _("The route case is not cleared; nothing may be paid or sent before it is.")),
        "route_no_longer_open": (
            409,
            _("With the persons exported meanwhile another route is due; the case must be assessed anew."),
        ),
        "papers_missing": (409, _("Papers are missing that the route takes.")),
        "filing_exists": (409, _("This authority has given that number to another filing.")),
        "pia_too_old": (409, _("The impact assessment is older than three months; hand in a new one before filing.")),
        "permit_missing": (403, _("No permit lets these data leave; they wait for their release at the port.")),
        "permit_not_in_force": (403, _("The permit to send these data is not in force.")),
        "permit_not_yours": (403, _("The permit is for another recipient.")),
        "permit_other_payload": (403, _("The permit is for other data.")),
        "permit_exhausted": (403, _("The permit's bytes are used up.")),
        "permit_unused": (409, _("Nothing has been sent by this permit yet.")),
        "subjects_too_few": (
            409,
            _("There are fewer identifiers than persons were found; a count at a legal line is never too low."),
        ),
        "subjects_given": (409, _("The version has its identifiers already.")),
        "rule_set_exists": (409, _("There is a rule set of that name.")),
        "rule_set_too_early": (
            409,
            _("A rule set comes into force later than every other, and not on a day that is over."),
        ),
        "declaration_stands": (409, _("A declaration of this delivery stands.")),
    },
    constraints={
        "filing_number_is_given_once": "filing_exists",
        "one_standing_declaration_by_delivery": "declaration_stands",
        "release_is_by_two_people": "same_person",
        "exporter_standing_is_confirmed_by_another_person": "same_person",
        "rule_set_is_switched_on_by_another_person": "same_person",
        "one_rule_set_from_each_day": "rule_set_too_early",
    },
)
