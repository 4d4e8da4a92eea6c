"""UUIDv7 primary keys (RFC 9562 §5.7): time-ordered, so indexes grow at one end and pages follow creation."""

from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> UUID:
    """Return a new time-ordered identifier."""
    return _uuid7()
