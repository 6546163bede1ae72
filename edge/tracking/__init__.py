"""Who is who from frame to frame, and what is known of each person. Pure: time is an argument."""
