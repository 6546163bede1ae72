"""A face detector of our own, made for masked faces, with the output contract that OpenCV decodes."""
