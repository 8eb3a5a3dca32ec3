"""How often evidence errs, and how soon it tells: rollouts made up by the thousand."""
