"""What the picture as a whole says: whether the camera can see, and whether anything moves. Pure."""
