"""Who takes part: venues, organizations, people, memberships, API clients, and what each may do."""
