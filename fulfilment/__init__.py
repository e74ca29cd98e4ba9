"""What was ordered, who ships it, who is credited."""
