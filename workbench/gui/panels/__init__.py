"""What the window is made of: one panel for each thing the user does."""
