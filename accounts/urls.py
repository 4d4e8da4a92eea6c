"""The addresses of accounts, below /api/v1/."""

from django.urls import path

from accounts.api import clients, interests, me, memberships, organizations, people, venues

urlpatterns = [
    path("sign-up", organizations.SignUp.as_view(), name="sign-up"),
    path("me", me.Me.as_view(), name="me"),
    path("me/profile", me.MyProfile.as_view(), name="my-profile"),
    path("me/password", me.MyPassword.as_view(), name="my-password"),
    path("venues", venues.VenueList.as_view(), name="venues"),
    path("venues/<slug:code>", venues.VenueDetail.as_view(), name="venue"),
    path("organizations", organizations.OrganizationList.as_view(), name="organizations"),
    path("organizations/<uuid:organization_id>", organizations.OrganizationDetail.as_view(), name="organization"),
    path("affiliations", people.AffiliationList.as_view(), name="affiliations"),
    path("affiliations/<uuid:affiliation_id>", people.AffiliationDetail.as_view(), name="affiliation"),
    path("invitations", people.InvitationList.as_view(), name="invitations"),
    path("invitations/accept", people.InvitationAccept.as_view(), name="invitation-accept"),
    path("invitations/<uuid:invitation_id>/revoke", people.InvitationRevoke.as_view(), name="invitation-revoke"),
    path("memberships", memberships.MembershipList.as_view(), name="memberships"),
    path("memberships/<uuid:membership_id>", memberships.MembershipDetail.as_view(), name="membership"),
    path("memberships/<uuid:membership_id>/submit", memberships.MembershipSubmit.as_view(), name="membership-submit"),
    path(
        "memberships/<uuid:membership_id>/start-review",
        memberships.MembershipStartReview.as_view(),
        name="membership-start-review",
    ),
    path(
        "memberships/<uuid:membership_id>/request-correction",
        memberships.MembershipRequestCorrection.as_view(),
        name="membership-request-correction",
    ),
    path("memberships/<uuid:membership_id>/reject", memberships.MembershipReject.as_view(), name="membership-reject"),
    path(
        "memberships/<uuid:membership_id>/approve", memberships.MembershipApprove.as_view(), name="membership-approve"
    ),
    path(
        "memberships/<uuid:membership_id>/activate",
        memberships.MembershipActivate.as_view(),
        name="membership-activate",
    ),
    path(
        "memberships/<uuid:membership_id>/suspend", memberships.MembershipSuspend.as_view(), name="membership-suspend"
    ),
    path("memberships/<uuid:membership_id>/resume", memberships.MembershipResume.as_view(), name="membership-resume"),
    path(
        "memberships/<uuid:membership_id>/terminate",
        memberships.MembershipTerminate.as_view(),
        name="membership-terminate",
    ),
    path("api-clients", clients.ApiClientList.as_view(), name="api-clients"),
    path("api-clients/<uuid:client_id>", clients.ApiClientDetail.as_view(), name="api-client"),
    path("api-clients/<uuid:client_id>/revoke", clients.ApiClientRevoke.as_view(), name="api-client-revoke"),
    path(
        "api-clients/<uuid:client_id>/rotate-secret",
        clients.ApiClientRotateSecret.as_view(),
        name="api-client-rotate-secret",
    ),
    path("interests", interests.InterestList.as_view(), name="interests"),
    path("interests/<uuid:interest_id>/end", interests.InterestEnd.as_view(), name="interest-end"),
    path("organization-ties", interests.OrganizationTieList.as_view(), name="organization-ties"),
    path("organization-ties/<uuid:tie_id>/end", interests.OrganizationTieEnd.as_view(), name="organization-tie-end"),
]
