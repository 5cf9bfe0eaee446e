"""Changes a sound until a network answers louder."""
