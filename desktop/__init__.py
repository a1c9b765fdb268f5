"""The program as a person starts it: command line and window."""
