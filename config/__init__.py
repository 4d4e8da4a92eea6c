"""Wiring only: settings, addresses, Celery, embedded servers."""
