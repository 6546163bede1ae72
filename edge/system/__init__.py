"""The operating system and its files: clock, service manager, durable writes, images, sensors."""
