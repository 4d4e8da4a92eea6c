"""Reports about money that people read: one table each, with a picture, and every figure led back to its entries."""
