"""The admission webhook: judges changes by the rule book of `routing`, asks nobody, keeps nothing."""
