"""The formats that banks take and give: pure functions from rows to bytes and from bytes to rows."""
