"""The demonstration: a world of invented members and real data, and the whole trade through the HTTP API."""
