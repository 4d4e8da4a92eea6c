"""OAuth 2.0 as this house uses it: client credentials only, scopes per client, and an audit event per token."""

from typing import Any

from django.db import transaction
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes

from accounts.access import actor_for_client
from accounts.models import ApiClient
from accounts.permissions import SCOPE_LABELS
from kernel import audit


class ClientScopes(BaseScopes):  # type: ignore[misc]  # django-oauth-toolkit ships no types
    """Each client has its own list of scopes; a token request that names none gets all of them."""

    def get_all_scopes(self) -> dict[str, str]:
        return {scope: str(label) for scope, label in SCOPE_LABELS.items()}

    def get_available_scopes(
        self, application: ApiClient | None = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return list(SCOPE_LABELS) if application is None else list(application.scopes)

    def get_default_scopes(
        self, application: ApiClient | None = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return self.get_available_scopes(application)


class EvidentValidator(OAuth2Validator):  # type: ignore[misc]  # django-oauth-toolkit ships no types
    """Store each token together with the audit event that it was given."""

    @transaction.atomic
    def save_bearer_token(self, token: dict[str, Any], request: Any, *args: Any, **kwargs: Any) -> None:
        super().save_bearer_token(token, request, *args, **kwargs)
        scopes = token["scope"].split()
        actor = actor_for_client(request.client, scopes)
        details = {"scopes": scopes, "expires_in": token["expires_in"]}
        audit.record("apiclient.token_given", subject=request.client, actor=actor, details=details)
