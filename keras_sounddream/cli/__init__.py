"""The command line, `sounddream`; one file a command."""
