"""Statistics of the trade in data (数据生产要素统计核算): a quarterly cube and an index."""
