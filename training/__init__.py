"""Training recipe of the aiflow family `nano`."""
