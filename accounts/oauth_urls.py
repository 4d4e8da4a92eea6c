"""The authorization server's addresses, at the root where RFC 8414 looks for them."""

from django.urls import include, path
from oauth2_provider import views

from kernel.throttling import limited

# The toolkit's metadata view finds its endpoints under this namespace.
oauth2_provider = [
    path("oauth/token", limited(views.TokenView.as_view()), name="token"),
    path("oauth/revoke", views.RevokeTokenView.as_view(), name="revoke-token"),
    path(
        ".well-known/oauth-authorization-server",
        views.OAuthServerMetadataView.as_view(),
        name="oauth-server-metadata",
    ),
]

urlpatterns = [path("", include((oauth2_provider, "oauth2_provider")))]
