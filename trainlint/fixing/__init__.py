"""Fixes: edits applied to the concrete syntax of a file with libcst, proven by checking again, and written safely."""
