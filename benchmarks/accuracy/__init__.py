"""Seed bugs into healthy training code, and count what is caught."""
