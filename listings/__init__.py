"""What is held and what is offered: datasets and their bytes, products, listings and their review."""
