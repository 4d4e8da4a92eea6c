"""Bulk registration: many datasets and product drafts at once, from a manifest or from another catalogue.

Whatever the form, a run first stages all its records as rows and then applies them one by one, each in a transaction
of its own: a killed worker's successor goes on with the rows that are still pending.
"""

RUN_JOB = "harvest.run"
DUE_JOB = "harvest.due"
