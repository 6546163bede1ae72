"""What is wrong with a device, check by check, each with what to do."""
