"""Benchmarks: run by hand, figures as ratios measured side by side."""
