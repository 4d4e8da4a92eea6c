"""Pushing what was bought to the buyer's own bucket, address or server."""
