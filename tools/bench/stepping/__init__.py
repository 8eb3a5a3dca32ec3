"""What a thousand rollouts under way cost."""
