"""What buyers of a corpus ask: its languages, repetitions, personal data, licences, and what reviewers found."""
