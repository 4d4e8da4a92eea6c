"""Giving the database connection back to the pool before something slow is waited for."""

from django.db import connection


def give_back_connection() -> None:
    """Let other threads have this one's connection; the next query takes another. Within a transaction it stays."""
    if connection.connection is not None and not connection.in_atomic_block:
        connection.close()
