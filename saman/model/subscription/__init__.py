"""Topic-based subscriptions (Subscriptions R5 Backport 1.1 for R4): topics, what is asked for, and what is told.

Source: https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/
"""
