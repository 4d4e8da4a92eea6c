"""How good data are: a score with the rule and the rows behind every deduction."""
