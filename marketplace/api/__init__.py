"""The REST face of the marketplace: thin views that parse, call one function, and present."""
