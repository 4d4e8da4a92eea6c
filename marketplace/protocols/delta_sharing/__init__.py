"""A Delta Sharing server: bought tables, read by any client of the protocol (github.com/delta-io/delta-sharing)."""
