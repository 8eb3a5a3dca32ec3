"""`teal` as one file: what `make teal` builds."""
