"""How dates are written: the same sortable way in every language, with seconds, as evidence needs them."""
