"""Talking to model servers. The only place that imports httpx."""
