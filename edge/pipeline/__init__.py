"""The straight line from frame to lamp and outbox; it knows the world through `ports` only."""
