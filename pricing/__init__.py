"""What it costs, for whom, and what may not be undercut."""
