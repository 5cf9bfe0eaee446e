"""The command line, `sounddream`; one module per command."""
