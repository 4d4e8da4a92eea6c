"""Compute as a product: pools of capacity, jobs placed over them, and what a job used.

pools.register_pool → jobs.submit → scheduling.choose → (the pool's worker) running.run → jobs.read_result
"""
