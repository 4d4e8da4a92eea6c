"""The REST face of money: thin views that parse, call one function, and present."""
