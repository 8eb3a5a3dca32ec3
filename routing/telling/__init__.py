"""What users read of a decision: conditions, Events, and the sentences that both share."""
