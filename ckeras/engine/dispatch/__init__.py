"""What each call from Python passes through: its shapes looked up, or run at once."""
