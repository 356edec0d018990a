"""The care model: region, party, agreement, body, service model, pathway, plan."""
