"""The operations on items, answered as AWS answers them over the tables that moto keeps.

moto's own are replaced, not corrected: they evaluate an expression before they check it, write half an update before
they refuse it, and copy whole tables for a transaction.
"""
