"""Docker: images for many hosts, and the scripts that set up and start one."""
