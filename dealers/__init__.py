"""Who we sell to, and what they owe."""
