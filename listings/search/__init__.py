"""Finding: how text becomes terms, how a wish becomes a question, and what the answer marks."""
