"""Programs for the machines of members: each is one file that needs nothing else of this project."""
