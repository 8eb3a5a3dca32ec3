"""Steps: how a candidate's share grows while evidence says that it is no worse."""
