"""One file a command; each has it as `command`, and is read when the command is called for."""
