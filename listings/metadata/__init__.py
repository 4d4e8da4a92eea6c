"""The catalogue for machines: the same listings as DCAT-AP, schema.org, Croissant, data packages, CKAN and feeds.

Builders take rows and return plain dictionaries; what they may tell is what the public catalogue tells.
"""
