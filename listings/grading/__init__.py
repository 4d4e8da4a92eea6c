"""Classification and grading: personal data in a table's columns, the persons it tells of, and the grade to propose."""
