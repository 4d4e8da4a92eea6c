"""What a file's bytes turn out to hold: encoding, dialect, rows, columns and samples, or why they are refused.

Nothing here knows the database: bytes go in, a `Profile` comes out or a `Refusal` is raised.
"""
