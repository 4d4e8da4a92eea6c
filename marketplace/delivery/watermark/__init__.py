"""The buyer's mark in delivered copies, and naming the buyer of a copy that leaked (docs/watermark.md)."""
