"""Recorded conversions and requests, run through the product."""
