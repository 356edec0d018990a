"""Indicators, baselines and benefits: reads only."""
