"""Print precision and recall per class: python -m tests.listings.grading_report."""

import os
import sys

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from tests.listings.grading_measure import all_tables, field_scores, labelled_values, report, value_scores

    fields, values = report(field_scores(all_tables())), report(value_scores(labelled_values()))
    sys.stdout.write(f"Fields\n\n{fields}\n\nValues\n\n{values}\n")


if __name__ == "__main__":
    main()
