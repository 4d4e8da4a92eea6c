"""Background work of accounts."""

from celery import shared_task

from accounts.clients import clear_dead_tokens


@shared_task(name="accounts.clear_dead_tokens")
def clear_dead_tokens_task() -> int:
    """Delete tokens long expired; sent by beat, harmless to miss or repeat."""
    return clear_dead_tokens()
