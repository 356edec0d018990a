"""Subscriptions of clients, apps and people: kept, matched with what happens, judged, numbered and told."""
