"""The REST API of accounts, one file per noun: parse, call one capability function, present."""
