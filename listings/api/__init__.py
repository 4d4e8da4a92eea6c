"""The REST face of listings: thin views that parse, call one function, and present."""
