"""A procedural world: scenes, pictures with depth and segmentation, and questions with answers."""
