"""Mutual trust: what one side attests and the other verifies, with nothing but digests crossing the border."""
