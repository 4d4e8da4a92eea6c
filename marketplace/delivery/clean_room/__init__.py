"""Usable but not visible: questions answered about data that never leave.

A question goes queries.ask → (job) queries.compute → tables.mounted, sandbox.run, noise.gate → queries.approve → read.
"""
